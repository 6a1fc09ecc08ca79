// DEBUG: what tests of clients and of the server need, kept out of the way by a directive.
#include "base/assert.h"
#include "base/diagnostics.h"
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/debug_values.h"
#include "commands/families.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <thread>
#include <utility>

namespace duplex::commands {

namespace {

constexpr double sleep_seconds_max = 86'400;

void debug_sleep(CommandContext& ctx) {
  const double asked = base::parse_double(ctx.arg(2)).value_or(0);
  const double seconds = std::clamp(asked, 0.0, sleep_seconds_max);
  // To keep this loop from doing anything is what the command is for.
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  ctx.reply().ok();
}

void debug_set_active_expire(CommandContext& ctx) {
  ctx.settings().active_expiry.store(base::parse_int64(ctx.arg(2)).value_or(0) != 0,
                                     std::memory_order_relaxed);
  ctx.reply().ok();
}

void debug_loadaof(CommandContext& ctx) {
  // A transaction holds the shards that the log would be loaded into.
  if (ctx.in_transaction()) return ctx.error("ERR Command not allowed inside a transaction");
  if (const auto refusal = ctx.services().server.reload_log()) return ctx.error(*refusal);
  ctx.reply().ok();
}

// What others change here is not there: replicas that have seen the old id, a threshold other than
// the size limit of a node, buffers and tables that are resized by a clock.
void debug_agree(CommandContext& ctx) {
  ctx.reply().ok();
}

void debug_panic(CommandContext&) {
  base::assertion_failed("DEBUG asked for it", __FILE__, __LINE__);
}

void debug_segfault(CommandContext&) {
  std::raise(SIGSEGV);
}

void debug_error(CommandContext& ctx) {
  ctx.error(ctx.arg(2));
}

void debug_log(CommandContext& ctx) {
  base::log(base::LogLevel::notice, "DEBUG LOG: {}", ctx.arg(2));
  ctx.reply().ok();
}

void protocol_push(CommandContext& ctx) {
  if (ctx.reply().protocol() == resp::Protocol::resp2)
    return ctx.error("ERR RESP2 is not supported by this command");
  ctx.reply().push(2);
  ctx.reply().bulk("server-cpu-usage");
  ctx.reply().integer(42);
  ctx.reply().bulk("Some real reply following the push reply");
}

void protocol_attribute(CommandContext& ctx) {
  resp::ReplyWriter& reply = ctx.reply();
  if (reply.protocol() == resp::Protocol::resp3) {
    reply.buffer().append("|1\r\n");
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}

void protocol_elements(resp::ReplyWriter& reply, void (resp::ReplyWriter::*header)(std::size_t)) {
  (reply.*header)(3);
  for (std::int64_t i = 0; i < 3; ++i)
    reply.integer(i);
}

void protocol_map(CommandContext& ctx) {
  ctx.reply().map(3);
  for (std::int64_t i = 0; i < 3; ++i) {
    ctx.reply().integer(i);
    ctx.reply().boolean(i == 1);
  }
}

// One value of each type that a reply can have: clients test their parsers with them.
constexpr std::pair<std::string_view, Handler> protocol_types[] = {
    {"string", [](CommandContext& ctx) { ctx.reply().bulk("Hello World"); }},
    {"integer", [](CommandContext& ctx) { ctx.reply().integer(12345); }},
    {"double", [](CommandContext& ctx) { ctx.reply().real(3.141); }},
    {"bignum",
     [](CommandContext& ctx) { ctx.reply().big_number("1234567999999999999999999999999999999"); }},
    {"null", [](CommandContext& ctx) { ctx.reply().null(); }},
    {"array",
     [](CommandContext& ctx) { protocol_elements(ctx.reply(), &resp::ReplyWriter::array); }},
    {"set", [](CommandContext& ctx) { protocol_elements(ctx.reply(), &resp::ReplyWriter::set); }},
    {"map", protocol_map},
    {"attrib", protocol_attribute},
    {"push", protocol_push},
    {"verbatim",
     [](CommandContext& ctx) { ctx.reply().verbatim("txt", "This is a verbatim\nstring"); }},
    {"true", [](CommandContext& ctx) { ctx.reply().boolean(true); }},
    {"false", [](CommandContext& ctx) { ctx.reply().boolean(false); }},
};

void debug_protocol(CommandContext& ctx) {
  for (const auto& [name, answer] : protocol_types)
    if (base::equals_ignoring_case(ctx.arg(2), name)) return answer(ctx);
  ctx.error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

void debug_help(CommandContext& ctx) {
  ctx.help({
      "ASSERT",
      "    Crash by assertion failed.",
      "CHANGE-REPL-ID",
      "    Change the replication IDs of the instance.",
      "    Dangerous: should be used only for testing the replication subsystem.",
      "DICT-RESIZING <0|1>",
      "    Accepted: tables are resized by their inserts here.",
      "DIGEST",
      "    Output a hex signature representing the current DB content.",
      "DIGEST-VALUE <key> [<key> ...]",
      "    Output a hex signature of the values of all the specified keys.",
      "ERROR <string>",
      "    Return a Redis protocol error with <string> as message. Useful for clients",
      "    unit tests to simulate Redis errors.",
      "HTSTATS <dbid>",
      "    Return hash table statistics of the specified database.",
      "HTSTATS-KEY <key>",
      "    Like HTSTATS but for the hash table stored at <key>'s value.",
      "LISTPACK <key>",
      "    Write the size of the listpack of <key> to the server log.",
      "LOG <message>",
      "    Write <message> to the server log.",
      "LOADAOF",
      "    Flush the AOF buffers on disk and reload the AOF in memory.",
      "OBJECT <key> [fast]",
      "    Show low level info about `key` and associated value; `fast` leaves out what",
      "    takes time to find out.",
      "OOM",
      "    Crash the server simulating an out-of-memory error.",
      "PANIC",
      "    Crash the server simulating a panic.",
      "POPULATE <count> [<prefix>] [<size>]",
      "    Create <count> string keys named key:<num>. If <prefix> is specified then",
      "    it is used instead of the 'key' prefix.",
      "PROTOCOL <type>",
      "    Reply with a test value of the specified type. <type> can be: string,",
      "    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
      "    true, false.",
      "QUICKLIST <key> [<0|1>]",
      "    Write the sizes of the quicklist of <key> to the server log; with 1, those of",
      "    each of its nodes.",
      "QUICKLIST-PACKED-THRESHOLD <size>",
      "    Accepted: an element beyond list-max-listpack-size has a node of its own here.",
      "RELOAD [option ...]",
      "    Save the RDB on disk and reload it back to memory. Valid <option> values:",
      "    * MERGE: keys of the file replace those of the data set.",
      "    * NOFLUSH: the data set is not emptied before.",
      "    * NOSAVE: the file that is there is loaded.",
      "REPLYBUFFER <PEAK-RESET-TIME|RESIZING> <value>",
      "    Accepted: reply buffers are not resized by a clock here.",
      "SDSLEN <key>",
      "    Show how long `key` and its value are, and what they take.",
      "SEGFAULT",
      "    Crash the server with sigsegv.",
      "SET-ACTIVE-EXPIRE <0|1>",
      "    Setting it to 0 disables expiring keys in background when they are not",
      "    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
      "    default.",
      "SLEEP <seconds>",
      "    Stop the server for <seconds>. Decimals allowed.",
  });
}

struct Subcommand {
  std::string_view name;
  std::size_t argc_min;
  std::size_t argc_max;
  Handler handler;
};

constexpr std::size_t any_argc = std::numeric_limits<std::size_t>::max();

// Clients do not see these in COMMAND, as in Redis, which is why they are no subcommands there.
constexpr Subcommand subcommands[] = {
    {"ASSERT", 2, 2, debug_panic},
    {"CHANGE-REPL-ID", 2, 2, debug_agree},
    {"DICT-RESIZING", 3, 3, debug_agree},
    {"DIGEST", 2, 2, debug_digest},
    {"DIGEST-VALUE", 2, any_argc, debug_digest_value},
    {"ERROR", 3, 3, debug_error},
    {"HELP", 2, 2, debug_help},
    {"HTSTATS", 3, 4, debug_htstats},
    {"HTSTATS-KEY", 3, 4, debug_htstats_key},
    {"LISTPACK", 3, 3, debug_listpack},
    {"LOADAOF", 2, 2, debug_loadaof},
    {"LOG", 3, 3, debug_log},
    {"OBJECT", 3, 4, debug_object},
    {"OOM", 2, 2, debug_panic},
    {"PANIC", 2, 2, debug_panic},
    {"POPULATE", 3, 5, debug_populate},
    {"PROTOCOL", 3, 3, debug_protocol},
    {"QUICKLIST", 3, 4, debug_quicklist},
    {"QUICKLIST-PACKED-THRESHOLD", 3, 3, debug_agree},
    {"RELOAD", 2, any_argc, debug_reload},
    {"REPLYBUFFER", 4, 4, debug_agree},
    {"SDSLEN", 3, 3, debug_sdslen},
    {"SEGFAULT", 2, 2, debug_segfault},
    {"SET-ACTIVE-EXPIRE", 3, 3, debug_set_active_expire},
    {"SLEEP", 3, 3, debug_sleep},
};

// A digest is that of one moment.
bool debug_needs_all_shards(Args args) {
  return args.size() == 2 && base::equals_ignoring_case(args[1], "DIGEST");
}

void debug(CommandContext& ctx) {
  for (const Subcommand& subcommand : subcommands)
    if (ctx.argc() >= subcommand.argc_min && ctx.argc() <= subcommand.argc_max &&
        base::equals_ignoring_case(ctx.arg(1), subcommand.name))
      return subcommand.handler(ctx);
  ctx.unknown_subcommand();
}

constexpr CommandSpec specs[] = {
    {.name = "DEBUG",
     .arity = -2,
     .flags = Flag::admin | Flag::noscript | Flag::loading | Flag::stale | Flag::guarded |
              Flag::visits_shards,
     .categories = Category::admin | Category::dangerous | Category::slow,
     .handler = debug,
     .group = "server",
     .summary = "Container of commands for testing clients and the server.",
     .complexity = "Depends on the subcommand.",
     .since = "1.0.0",
     .needs_all_shards = debug_needs_all_shards},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> debug_commands() {
  return specs;
}

}  // namespace duplex::commands
