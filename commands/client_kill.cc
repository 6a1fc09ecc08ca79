// CLIENT KILL: which clients its filters mean.
#include "commands/client_kill.h"

#include "base/numbers.h"
#include "base/text.h"
#include "commands/client_description.h"
#include "commands/command_context.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

using base::equals_ignoring_case;

struct KillFilter {
  std::optional<std::uint64_t> id;
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  std::optional<std::string_view> type;
  acl::UserPtr user;
  std::optional<std::int64_t> age_seconds_min;
  bool skip_me = true;
};

bool matches(const KillFilter& filter, const Client& client, std::int64_t now_ms) {
  if (filter.id && client.id != *filter.id) return false;
  if (filter.address && client.address != *filter.address) return false;
  if (filter.local_address && client.local_address != *filter.local_address) return false;
  if (filter.type && type_of(client) != *filter.type) return false;
  if (filter.user && (!client.user || client.user->id != filter.user->id)) return false;
  if (filter.age_seconds_min && (now_ms - client.created_ms) / 1000 < *filter.age_seconds_min)
    return false;
  return true;
}

// Reads pairs of filter and value from the arguments; answers the error itself.
bool read_kill_option(CommandContext& ctx, std::size_t at, KillFilter& filter) {
  const std::string_view name = ctx.arg(at);
  const std::string_view value = ctx.arg(at + 1);
  if (equals_ignoring_case(name, "ID")) {
    const auto id = base::parse_int64(value);
    if (!id || *id < 1) return ctx.error("ERR client-id should be greater than 0"), false;
    filter.id = static_cast<std::uint64_t>(*id);
  } else if (equals_ignoring_case(name, "MAXAGE")) {
    const auto age = base::parse_int64(value);
    if (!age) return ctx.error("ERR maxage is not an integer or out of range"), false;
    if (*age < 1) return ctx.error("ERR maxage should be greater than 0"), false;
    filter.age_seconds_min = *age;
  } else if (equals_ignoring_case(name, "TYPE")) {
    filter.type = client_type(value);
    if (!filter.type)
      return ctx.error(fmt::format("ERR Unknown client type '{}'", errors::shown(value))), false;
  } else if (equals_ignoring_case(name, "ADDR")) {
    filter.address = value;
  } else if (equals_ignoring_case(name, "LADDR")) {
    filter.local_address = value;
  } else if (equals_ignoring_case(name, "USER")) {
    filter.user = ctx.services().users.find(value).user;
    if (!filter.user)
      return ctx.error(fmt::format("ERR No such user '{}'", errors::shown(value))), false;
  } else if (equals_ignoring_case(name, "SKIPME")) {
    filter.skip_me = equals_ignoring_case(value, "yes");
    if (!filter.skip_me && !equals_ignoring_case(value, "no"))
      return ctx.error(errors::syntax), false;
  } else {
    return ctx.error(errors::syntax), false;
  }
  return true;
}

}  // namespace

void client_kill(CommandContext& ctx) {
  KillFilter filter;
  const bool old_form = ctx.argc() == 3;
  if (old_form) {
    filter.address = ctx.arg(2);
    filter.skip_me = false;
  } else {
    if (ctx.argc() % 2 != 0) return ctx.error(errors::syntax);
    for (std::size_t at = 2; at < ctx.argc(); at += 2)
      if (!read_kill_option(ctx, at, filter)) return;
  }
  std::int64_t killed = 0;
  bool self = false;
  ctx.services().clients.for_each([&](const Client& client) {
    if (!matches(filter, client, ctx.now_ms())) return;
    const bool is_self = &client == &ctx.client();
    if (is_self && filter.skip_me) return;
    ++killed;
    if (is_self)
      self = true;
    else
      client.connection->request_close();
  });
  if (!old_form)
    ctx.reply().integer(killed);
  else if (killed == 0)
    ctx.error("ERR No such client");
  else
    ctx.reply().ok();
  if (self) ctx.client().connection->close_after_reply();
}

}  // namespace duplex::commands
