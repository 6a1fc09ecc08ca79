// CLIENT and its subcommands.
#include "base/text.h"
#include "commands/client_description.h"
#include "commands/client_filter.h"
#include "commands/client_kill.h"
#include "commands/client_modes.h"
#include "commands/client_names.h"
#include "commands/client_tracking.h"
#include "commands/client_waits.h"
#include "commands/command_context.h"
#include "commands/families.h"

#include <fmt/format.h>

#include <string>

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
  ClientFilter filter;
  if (!read_client_filter(ctx, 2, "ERR Invalid client ID", filter)) return;
  std::string list;
  ctx.services().clients.for_each([&](const Client& client) {
    if (!filter.fits(client, ctx.client().id, ctx.now_ms())) return;
    list += describe(client, ctx.now_ms());
    list += '\n';
  });
  ctx.reply().verbatim("txt", list);
}

void client_help(CommandContext& ctx) {
  ctx.help(
      {"CACHING (YES|NO)",
       "    Say whether the keys of the next command are tracked, in modes OPTIN and OPTOUT.",
       "CAPA <capability> [<capability> ...]",
       "    Say what the client is able to do. None makes a difference to this server.",
       "GETREDIR",
       "    Return the ID of the client that is told what this one has to forget.",
       "GETNAME",
       "    Return the name of the current connection.",
       "ID",
       "    Return the ID of the current connection.",
       "INFO",
       "    Return information about the current client connection.",
       "IMPORT-SOURCE (ON|OFF)",
       "    Mark this connection as the one that imports data, in import-mode.",
       "KILL <ip:port>",
       "    Kill connection made from <ip:port>.",
       "KILL <option> <value> [<option> <value> [...]]",
       "    Kill connections. Options are: ADDR, LADDR, TYPE, USER, SKIPME, ID, MAXAGE.",
       "LIST [options ...]",
       "    Return information about client connections. Options: TYPE, ID, USER, ADDR, LADDR,",
       "    SKIPME, MAXAGE.",
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
       "    Have the client told when a key that it has read was changed.",
       "TRACKINGINFO",
       "    Return how the client tracks keys.",
       "UNBLOCK <clientid> [TIMEOUT|ERROR]",
       "    Unblock the specified blocked client.",
       "UNPAUSE",
       "    Stop the current client pause, resuming traffic."});
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
    {.name = "CAPA",
     .arity = -3,
     .flags = Flag::noscript | Flag::loading | Flag::stale,
     .categories = own_categories,
     .handler = client_capa,
     .group = "connection",
     .syntax = "capability [capability ...]",
     .summary = "The client claims its capabilities; those that the server does not know are "
                "ignored.",
     .complexity = "O(1)",
     .since = "8.0.0"},
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
    {.name = "IMPORT-SOURCE",
     .arity = 3,
     .flags = own_flags,
     .categories = own_categories,
     .handler = client_import_source,
     .group = "connection",
     .syntax = "<ON|OFF>",
     .summary = "Marks the client as the one that imports data: to it nothing has expired.",
     .complexity = "O(1)",
     .since = "8.1.0"},
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
     .syntax = "<ip:port|<[ID client-id [client-id ...]]|[TYPE "
               "<normal|master|primary|slave|replica|pubsub>]|[USER "
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
     .syntax = "[TYPE <normal|master|primary|slave|replica|pubsub>] [ID client-id [client-id ...]] "
               "[USER username] [ADDR addr] [LADDR laddr] [SKIPME <YES|NO>] [MAXAGE maxage]",
     .summary = "Lists open connections.",
     .complexity = "O(N) where N is the number of client connections",
     .since = "2.4.0",
     .history = "5.0.0: Added optional `TYPE` filter. // 6.2.0: Added optional `ID` filter. // "
                "8.1.0: Added optional `USER`, `ADDR`, `LADDR`, `SKIPME` and `MAXAGE` filters, and "
                "several at once.",
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
