// ACL LOG.
#include "commands/acl_log_command.h"

#include "base/text.h"
#include "commands/command_context.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::commands {

namespace {

constexpr std::int64_t default_count = 10;

std::string_view name_of(acl::Denial::Reason reason) {
  switch (reason) {
    case acl::Denial::Reason::command:
      return "command";
    case acl::Denial::Reason::key:
      return "key";
    case acl::Denial::Reason::channel:
      return "channel";
    case acl::Denial::Reason::auth:
      break;
  }
  return "auth";
}

std::string_view name_of(acl::Origin origin) {
  switch (origin) {
    case acl::Origin::toplevel:
      return "toplevel";
    case acl::Origin::multi:
      return "multi";
    case acl::Origin::lua:
      return "lua";
    case acl::Origin::module:
      break;
  }
  return "module";
}

void write_entry(resp::ReplyWriter& reply, const acl::LogEntry& entry, std::int64_t now_ms) {
  reply.map(10);
  reply.bulk("count");
  reply.integer(static_cast<std::int64_t>(entry.count));
  reply.bulk("reason");
  reply.bulk(name_of(entry.reason));
  reply.bulk("context");
  reply.bulk(name_of(entry.origin));
  reply.bulk("object");
  reply.bulk(entry.object);
  reply.bulk("username");
  reply.bulk(entry.username);
  reply.bulk("age-seconds");
  reply.real(static_cast<double>(now_ms - entry.updated_ms) / 1000);
  reply.bulk("client-info");
  reply.bulk(entry.client);
  reply.bulk("entry-id");
  reply.integer(static_cast<std::int64_t>(entry.id));
  reply.bulk("timestamp-created");
  reply.integer(entry.created_ms);
  reply.bulk("timestamp-last-updated");
  reply.integer(entry.updated_ms);
}

}  // namespace

void acl_log(CommandContext& ctx) {
  if (ctx.argc() > 3) return ctx.unknown_subcommand();
  acl::Log& log = ctx.services().users.log();
  std::int64_t count = default_count;
  if (ctx.argc() == 3) {
    if (base::equals_ignoring_case(ctx.arg(2), "reset")) {
      log.clear();
      return ctx.reply().ok();
    }
    const auto given = ctx.integer_arg(2);
    if (!given) return;
    count = *given;
  }
  const auto entries = log.newest(count < 0 ? 0 : static_cast<std::size_t>(count));
  ctx.reply().array(entries.size());
  for (const acl::LogEntry& entry : entries)
    write_entry(ctx.reply(), entry, ctx.now_ms());
}

}  // namespace duplex::commands
