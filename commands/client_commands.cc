// CLIENT and its subcommands.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/client_description.h"
#include "commands/client_kill.h"
#include "commands/client_names.h"
#include "commands/client_tracking.h"
#include "commands/command_context.h"
#include "commands/families.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace duplex::commands {

namespace {

using base::equals_ignoring_case;

constexpr std::string_view invalid_name =
    "ERR Client names cannot contain spaces, newlines or special characters.";

void client_id(CommandContext& ctx) {
  ctx.reply().integer(static_cast<std::int64_t>(ctx.client().id));
}

void client_getname(CommandContext& ctx) {
  if (ctx.client().name.empty()) return ctx.reply().null();
  ctx.reply().bulk(ctx.client().name);
}

void client_setname(CommandContext& ctx) {
  if (!is_valid_client_name(ctx.arg(2))) return ctx.error(invalid_name);
  ctx.services().clients.change(ctx.client(), [&](Client& c) { c.name = ctx.arg(2); });
  ctx.reply().ok();
}

void client_setinfo(CommandContext& ctx) {
  const bool is_name = equals_ignoring_case(ctx.arg(2), "lib-name");
  if (!is_name && !equals_ignoring_case(ctx.arg(2), "lib-ver"))
    return ctx.error(fmt::format("ERR Unrecognized option '{}'", errors::shown(ctx.arg(2))));
  if (!is_valid_client_name(ctx.arg(3)))
    return ctx.error(
        fmt::format("ERR {} cannot contain spaces, newlines or special characters.", ctx.arg(2)));
  ctx.services().clients.change(ctx.client(), [&](Client& c) {
    (is_name ? c.library_name : c.library_version) = ctx.arg(3);
  });
  ctx.reply().ok();
}

void client_info(CommandContext& ctx) {
  ctx.reply().verbatim("txt", describe(ctx.client(), ctx.now_ms()) + "\n");
}

void client_list(CommandContext& ctx) {
  std::optional<std::string_view> type;
  std::unordered_set<std::uint64_t> ids;
  if (ctx.argc() == 4 && equals_ignoring_case(ctx.arg(2), "TYPE")) {
    type = client_type(ctx.arg(3));
    if (!type)
      return ctx.error(fmt::format("ERR Unknown client type '{}'", errors::shown(ctx.arg(3))));
  } else if (ctx.argc() > 3 && equals_ignoring_case(ctx.arg(2), "ID")) {
    for (const std::string_view text : ctx.args().subspan(3)) {
      const auto id = base::parse_int64(text);
      if (!id || *id < 1) return ctx.error("ERR Invalid client ID");
      ids.insert(static_cast<std::uint64_t>(*id));
    }
  } else if (ctx.argc() != 2) {
    return ctx.error(errors::syntax);
  }
  std::string list;
  ctx.services().clients.for_each([&](const Client& client) {
    if (type && type_of(client) != *type) return;
    if (!ids.empty() && !ids.contains(client.id)) return;
    list += describe(client, ctx.now_ms());
    list += '\n';
  });
  ctx.reply().verbatim("txt", list);
}

void client_reply(CommandContext& ctx) {
  Client& client = ctx.client();
  if (equals_ignoring_case(ctx.arg(2), "ON")) {
    client.reply_mode = ReplyMode::on;
    ctx.reply().ok();
  } else if (equals_ignoring_case(ctx.arg(2), "OFF")) {
    client.reply_mode = ReplyMode::off;
  } else if (equals_ignoring_case(ctx.arg(2), "SKIP")) {
    if (client.reply_mode != ReplyMode::off) client.reply_mode = ReplyMode::skip_next;
  } else {
    ctx.error(errors::syntax);
  }
}

void change_switch(CommandContext& ctx, std::atomic<bool>& value) {
  const bool on = equals_ignoring_case(ctx.arg(2), "ON");
  if (!on && !equals_ignoring_case(ctx.arg(2), "OFF")) return ctx.error(errors::syntax);
  value.store(on, std::memory_order_relaxed);
  ctx.reply().ok();
}

void client_no_evict(CommandContext& ctx) {
  change_switch(ctx, ctx.client().no_evict);
}
void client_no_touch(CommandContext& ctx) {
  change_switch(ctx, ctx.client().no_touch);
}

void client_pause(CommandContext& ctx) {
  const auto timeout_ms = base::parse_int64(ctx.arg(2));
  if (!timeout_ms) return ctx.error("ERR timeout is not an integer or out of range");
  if (*timeout_ms < 0) return ctx.error("ERR timeout is negative");
  bool all = true;
  if (ctx.argc() == 4) {
    all = equals_ignoring_case(ctx.arg(3), "ALL");
    if (!all && !equals_ignoring_case(ctx.arg(3), "WRITE"))
      return ctx.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
  } else if (ctx.argc() > 4) {
    return ctx.unknown_subcommand();
  }
  Settings& settings = ctx.settings();
  // A pause that is already longer or stricter stays so.
  const std::int64_t until = ctx.now_ms() + *timeout_ms;
  if (settings.paused_until_ms.load(std::memory_order_relaxed) > ctx.now_ms())
    all = all || settings.pause_all.load(std::memory_order_relaxed);
  settings.pause_all.store(all, std::memory_order_relaxed);
  if (until > settings.paused_until_ms.load(std::memory_order_relaxed))
    settings.paused_until_ms.store(until, std::memory_order_relaxed);
  ctx.reply().ok();
}

void client_unpause(CommandContext& ctx) {
  ctx.settings().paused_until_ms.store(0, std::memory_order_relaxed);
  ctx.services().clients.for_each(
      [](const Client& client) { client.connection->request_resume(); });
  ctx.reply().ok();
}

void client_help(CommandContext& ctx) {
  ctx.help({"CACHING (YES|NO)",
            "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
            "GETREDIR",
            "    Return the client ID we are redirecting to when tracking is enabled.",
            "GETNAME",
            "    Return the name of the current connection.",
            "ID",
            "    Return the ID of the current connection.",
            "INFO",
            "    Return information about the current client connection.",
            "KILL <ip:port>",
            "    Kill connection made from <ip:port>.",
            "KILL <option> <value> [<option> <value> [...]]",
            "    Kill connections. Options are: ADDR, LADDR, TYPE, USER, SKIPME, ID, MAXAGE.",
            "LIST [options ...]",
            "    Return information about client connections. Options: TYPE, ID.",
            "NO-EVICT (ON|OFF)",
            "    Protect current client connection from eviction.",
            "NO-TOUCH (ON|OFF)",
            "    Will not touch LRU/LFU stats when this mode is on.",
            "PAUSE <timeout> [WRITE|ALL]",
            "    Suspend all, or just write, clients for <timeout> milliseconds.",
            "REPLY (ON|OFF|SKIP)",
            "    Control the replies sent to the current connection.",
            "SETINFO <option> <value>",
            "    Set client meta attr. Options are: LIB-NAME, LIB-VER.",
            "SETNAME <name>",
            "    Assign the name <name> to the current connection.",
            "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
            "         [OPTIN] [OPTOUT] [NOLOOP]",
            "    Control server assisted client side caching.",
            "TRACKINGINFO",
            "    Report tracking status for the current connection.",
            "UNBLOCK <clientid> [TIMEOUT|ERROR]",
            "    Unblock the specified blocked client.",
            "UNPAUSE",
            "    Stop the current client pause, resuming traffic."});
}

void client_unblock(CommandContext& ctx) {
  bool with_error = false;
  if (ctx.argc() == 4) {
    with_error = equals_ignoring_case(ctx.arg(3), "error");
    if (!with_error && !equals_ignoring_case(ctx.arg(3), "timeout"))
      return ctx.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  } else if (ctx.argc() != 3) {
    return ctx.unknown_subcommand();
  }
  const auto id = ctx.integer_arg(2);
  if (!id) return;
  const auto client = static_cast<std::uint64_t>(*id);
  const bool ended = ctx.services().blocking.unblock(client, with_error);
  if (ended)
    ctx.services().clients.with(client, [](const Client& c) { c.connection->request_unblock(); });
  ctx.reply().integer(ended ? 1 : 0);
}

constexpr Flag own_flags = Flag::noscript | Flag::loading | Flag::stale;
constexpr Flag admin_flags = own_flags | Flag::admin;
constexpr Category own_categories = Category::connection | Category::slow;
constexpr Category admin_categories =
    Category::admin | Category::connection | Category::dangerous | Category::slow;

constexpr CommandSpec subcommands[] = {
    {.name = "CACHING",
     .arity = 3,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_caching,
     .group = "connection",
     .syntax = "<YES|NO>",
     .summary =
         "Says whether the keys of the next request are tracked, where that is not the rule.",
     .complexity = "O(1)",
     .since = "6.0.0"},
    {.name = "GETNAME",
     .arity = 2,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_getname,
     .group = "connection",
     .summary = "Returns the name of the connection.",
     .complexity = "O(1)",
     .since = "2.6.9"},
    {.name = "GETREDIR",
     .arity = 2,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_getredir,
     .group = "connection",
     .summary = "Returns the client ID to which the connection's tracking notifications are "
                "redirected.",
     .complexity = "O(1)",
     .since = "6.0.0"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = own_categories,
     .handler = client_help,
     .group = "connection",
     .summary = "Returns helpful text about the different subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "ID",
     .arity = 2,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_id,
     .group = "connection",
     .summary = "Returns the unique client ID of the connection.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "INFO",
     .arity = 2,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_info,
     .group = "connection",
     .summary = "Returns information about the connection.",
     .complexity = "O(1)",
     .since = "6.2.0",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "KILL",
     .arity = -3,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = client_kill,
     .group = "connection",
     .syntax = "<ip:port|<[ID client-id]|[TYPE <normal|master|primary|slave|replica|pubsub>]|[USER "
               "username]|[ADDR addr]|[LADDR laddr]|[SKIPME <YES|NO>]|[MAXAGE maxage]>>",
     .summary = "Terminates open connections.",
     .complexity = "O(N) where N is the number of client connections",
     .since = "2.4.0",
     .history =
         "2.8.12: Added new filter format. // 2.8.12: `ID` option. // 3.2.0: Added `master` "
         "type in for `TYPE` option. // 5.0.0: Replaced `slave` `TYPE` with `replica`. `slave` "
         "still supported for backward compatibility. // 6.2.0: `LADDR` option."},
    {.name = "LIST",
     .arity = -2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = client_list,
     .group = "connection",
     .syntax = "[TYPE normal|master|replica|pubsub] [ID client-id [client-id ...]]",
     .summary = "Lists open connections.",
     .complexity = "O(N) where N is the number of client connections",
     .since = "2.4.0",
     .tips = "NONDETERMINISTIC_OUTPUT"},
    {.name = "NO-EVICT",
     .arity = 3,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = client_no_evict,
     .group = "connection",
     .syntax = "<ON|OFF>",
     .summary = "Sets the client eviction mode of the connection.",
     .complexity = "O(1)",
     .since = "7.0.0"},
    {.name = "NO-TOUCH",
     .arity = 3,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_no_touch,
     .group = "connection",
     .syntax = "<ON|OFF>",
     .summary = "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
     .complexity = "O(1)",
     .since = "7.2.0"},
    {.name = "PAUSE",
     .arity = -3,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = client_pause,
     .group = "connection",
     .syntax = "timeout [WRITE|ALL]",
     .summary = "Suspends commands processing.",
     .complexity = "O(1)",
     .since = "3.0.0",
     .history = "6.2.0: `CLIENT PAUSE WRITE` mode added along with the `mode` option."},
    {.name = "REPLY",
     .arity = 3,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_reply,
     .group = "connection",
     .syntax = "<ON|OFF|SKIP>",
     .summary = "Instructs the server whether to reply to commands.",
     .complexity = "O(1)",
     .since = "3.2.0"},
    {.name = "SETINFO",
     .arity = 4,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_setinfo,
     .group = "connection",
     .syntax = "<LIB-NAME libname|LIB-VER libver>",
     .summary = "Sets information specific to the client or connection.",
     .complexity = "O(1)",
     .since = "7.2.0",
     .tips = "REQUEST_POLICY:ALL_NODES,RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "SETNAME",
     .arity = 3,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_setname,
     .group = "connection",
     .syntax = "connection-name",
     .summary = "Sets the connection name.",
     .complexity = "O(1)",
     .since = "2.6.9",
     .tips = "REQUEST_POLICY:ALL_NODES,RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "TRACKING",
     .arity = -3,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_tracking,
     .group = "connection",
     .syntax = "<ON|OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] "
               "[OPTOUT] [NOLOOP]",
     .summary = "Controls server-assisted client-side caching for the connection.",
     .complexity = "O(1). Some options may introduce additional complexity.",
     .since = "6.0.0"},
    {.name = "TRACKINGINFO",
     .arity = 2,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_trackinginfo,
     .group = "connection",
     .summary = "Returns how the connection tracks keys for client-side caching.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "UNBLOCK",
     .arity = -3,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = client_unblock,
     .group = "connection",
     .syntax = "client-id [TIMEOUT|ERROR]",
     .summary = "Ends the wait of a client that is blocked by a command.",
     .complexity = "O(log N) where N is the number of client connections",
     .since = "5.0.0"},
    {.name = "UNPAUSE",
     .arity = 2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = client_unpause,
     .group = "connection",
     .summary = "Resumes processing commands from paused clients.",
     .complexity = "O(N) where N is the number of paused clients",
     .since = "6.2.0"},
};

constexpr CommandSpec specs[] = {
    {.name = "CLIENT",
     .arity = -2,
     .categories = Category::slow,
     .group = "connection",
     .summary = "A container for client connection commands.",
     .complexity = "Depends on subcommand.",
     .since = "2.4.0",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> client_commands() {
  return specs;
}

}  // namespace duplex::commands
