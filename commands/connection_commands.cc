// AUTH, ECHO, HELLO, PING, QUIT, RESET and SELECT: what a connection is and speaks.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/acl_session.h"
#include "commands/client_names.h"
#include "commands/client_tracking.h"
#include "commands/command_context.h"
#include "commands/compatible_version.h"
#include "commands/families.h"
#include "commands/monitors.h"
#include "commands/subscriptions.h"
#include "commands/transaction.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>

namespace duplex::commands {

namespace {

// Whether the connection is this user now; a failed attempt is logged.
bool authenticate(CommandContext& ctx, std::string_view user, std::string_view password) {
  return acl::authenticate(ctx.services(), ctx.client(), user, password, ctx.arg(0), ctx.now_ms());
}

void auth(CommandContext& ctx) {
  if (ctx.argc() > 3) return ctx.error(errors::syntax);
  acl::Users& users = ctx.services().users;
  if (ctx.argc() == 2 && users.find(acl::default_user).user->needs_no_password)
    return ctx.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you "
        "sure your configuration is correct?");
  const std::string_view user = ctx.argc() == 3 ? ctx.arg(1) : acl::default_user;
  if (!authenticate(ctx, user, ctx.arg(ctx.argc() - 1))) return ctx.error(errors::wrong_pass);
  ctx.reply().ok();
}

void echo(CommandContext& ctx) {
  ctx.reply().bulk(ctx.arg(1));
}

void ping(CommandContext& ctx) {
  if (ctx.argc() > 2) return ctx.error("ERR wrong number of arguments for 'ping' command");
  const bool push_mode =
      ctx.client().is_subscribed() && ctx.reply().protocol() == resp::Protocol::resp2;
  if (push_mode) {
    ctx.reply().array(2);
    ctx.reply().bulk("pong");
    ctx.reply().bulk(ctx.argc() == 2 ? ctx.arg(1) : std::string_view());
  } else if (ctx.argc() == 2) {
    ctx.reply().bulk(ctx.arg(1));
  } else {
    ctx.reply().status("PONG");
  }
}

void quit(CommandContext& ctx) {
  ctx.reply().ok();
  ctx.client().connection->close_after_reply();
}

void select(CommandContext& ctx) {
  const auto index = ctx.integer_arg(1);
  if (!index) return;
  if (*index < std::numeric_limits<int>::min() || *index > std::numeric_limits<int>::max())
    return ctx.error("ERR value is out of range, value must between -2147483648 and 2147483647");
  if (*index < 0 || *index >= ctx.services().keyspace.databases())
    return ctx.error(errors::db_index_out_of_range);
  ctx.client().database.store(static_cast<int>(*index), std::memory_order_relaxed);
  ctx.reply().ok();
}

void reset(CommandContext& ctx) {
  Client& client = ctx.client();
  discard_transaction(client, ctx.services().watchers);
  unsubscribe_all(client, ctx.subscribers());
  stop_monitoring(ctx.services(), client, ctx.subscribers());
  client.database.store(0, std::memory_order_relaxed);
  client.protocol.store(resp::Protocol::resp2, std::memory_order_relaxed);
  client.no_evict.store(false, std::memory_order_relaxed);
  client.no_touch.store(false, std::memory_order_relaxed);
  client.is_import_source.store(false, std::memory_order_relaxed);
  stop_tracking(ctx.services(), client);
  client.reply_mode = ReplyMode::on;
  acl::begin_session(ctx.services(), client);
  ctx.services().clients.change(client, [](Client& c) { c.name.clear(); });
  ctx.reply().set_protocol(resp::Protocol::resp2);
  ctx.reply().status("RESET");
}

// The options of HELLO behind the version.
struct HelloOptions {
  std::optional<std::string_view> user;
  std::string_view password;
  std::optional<std::string_view> name;
};

bool read_hello_options(CommandContext& ctx, HelloOptions& options) {
  for (std::size_t i = 2; i < ctx.argc(); ++i) {
    const std::size_t more = ctx.argc() - i - 1;
    if (base::equals_ignoring_case(ctx.arg(i), "AUTH") && more >= 2) {
      options.user = ctx.arg(i + 1);
      options.password = ctx.arg(i + 2);
      i += 2;
    } else if (base::equals_ignoring_case(ctx.arg(i), "SETNAME") && more >= 1) {
      options.name = ctx.arg(i + 1);
      if (!is_valid_client_name(*options.name)) {
        ctx.error("ERR Client names cannot contain spaces, newlines or special characters.");
        return false;
      }
      ++i;
    } else {
      ctx.error(fmt::format("ERR Syntax error in HELLO option '{}'", errors::shown(ctx.arg(i))));
      return false;
    }
  }
  return true;
}

void hello(CommandContext& ctx) {
  Client& client = ctx.client();
  auto protocol = client.protocol.load(std::memory_order_relaxed);
  HelloOptions options;
  if (ctx.argc() > 1) {
    const auto version = base::parse_int64(ctx.arg(1));
    if (!version) return ctx.error("ERR Protocol version is not an integer or out of range");
    if (*version != 2 && *version != 3) return ctx.error("NOPROTO unsupported protocol version");
    protocol = *version == 3 ? resp::Protocol::resp3 : resp::Protocol::resp2;
    if (!read_hello_options(ctx, options)) return;
  }
  if (options.user && !authenticate(ctx, *options.user, options.password))
    return ctx.error(errors::wrong_pass);
  if (ctx.services().users.auth_required() && !client.authenticated.load(std::memory_order_relaxed))
    return ctx.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
        "RESP protocol version at the same time");
  if (options.name)
    ctx.services().clients.change(client, [&](Client& c) { c.name = *options.name; });
  client.protocol.store(protocol, std::memory_order_relaxed);
  resp::ReplyWriter& reply = ctx.reply();
  reply.set_protocol(protocol);
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(compatible_version);
  reply.bulk("proto");
  reply.integer(static_cast<std::int64_t>(protocol));
  reply.bulk("id");
  reply.integer(static_cast<std::int64_t>(client.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk("master");
  reply.bulk("modules");
  reply.array(0);
}

constexpr Flag base_flags = Flag::noscript | Flag::loading | Flag::stale | Flag::fast;
constexpr Category fast_connection = Category::connection | Category::fast;

constexpr CommandSpec specs[] = {
    {.name = "AUTH",
     .arity = -2,
     .flags = base_flags | Flag::no_auth | Flag::allow_busy,
     .categories = fast_connection,
     .handler = auth,
     .group = "connection",
     .syntax = "[username] password",
     .summary = "Authenticates the connection.",
     .complexity = "O(N) where N is the number of passwords defined for the user",
     .since = "1.0.0",
     .history = "6.0.0: Added ACL style (username and password)."},
    {.name = "ECHO",
     .arity = 2,
     .flags = Flag::loading | Flag::stale | Flag::fast,
     .categories = fast_connection,
     .handler = echo,
     .group = "connection",
     .syntax = "message",
     .summary = "Returns the given string.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "HELLO",
     .arity = -1,
     .flags = base_flags | Flag::no_auth | Flag::allow_busy,
     .categories = fast_connection,
     .handler = hello,
     .group = "connection",
     .syntax = "[protover [AUTH username password] [SETNAME clientname]]",
     .summary = "Handshakes with the server.",
     .complexity = "O(1)",
     .since = "6.0.0",
     .history =
         "6.2.0: `protover` made optional; when called without arguments the command reports "
         "the current connection's context."},
    {.name = "PING",
     .arity = -1,
     .flags = Flag::fast | Flag::subscriber,
     .categories = fast_connection,
     .handler = ping,
     .group = "connection",
     .syntax = "[message]",
     .summary = "Returns the server's liveliness response.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .tips = "REQUEST_POLICY:ALL_SHARDS,RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "QUIT",
     .arity = -1,
     .flags =
         base_flags | Flag::allow_busy | Flag::no_auth | Flag::runs_in_multi | Flag::subscriber,
     .categories = fast_connection,
     .handler = quit,
     .group = "connection",
     .summary = "Closes the connection.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .deprecated_since = "7.2.0",
     .replaced_by = "just closing the connection"},
    {.name = "RESET",
     .arity = 1,
     .flags =
         base_flags | Flag::no_auth | Flag::allow_busy | Flag::runs_in_multi | Flag::subscriber,
     .categories = fast_connection,
     .handler = reset,
     .group = "connection",
     .summary = "Resets the connection.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "SELECT",
     .arity = 2,
     .flags = Flag::loading | Flag::stale | Flag::fast,
     .categories = fast_connection,
     .handler = select,
     .group = "connection",
     .syntax = "index",
     .summary = "Changes the selected database.",
     .complexity = "O(1)",
     .since = "1.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> connection_commands() {
  return specs;
}

}  // namespace duplex::commands
