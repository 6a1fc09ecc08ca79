// SLOWLOG and COMMANDLOG.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/observation.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

constexpr std::size_t default_count = 10;

CommandLog& slow_log(CommandContext& ctx) {
  return ctx.services().observation.log(CommandLogType::slow);
}

// Answers the error itself.
CommandLog* log_named(CommandContext& ctx, std::string_view name) {
  Observation& observation = ctx.services().observation;
  if (base::equals_ignoring_case(name, "slow")) return &observation.log(CommandLogType::slow);
  if (base::equals_ignoring_case(name, "large-request"))
    return &observation.log(CommandLogType::large_request);
  if (base::equals_ignoring_case(name, "large-reply"))
    return &observation.log(CommandLogType::large_reply);
  ctx.error("ERR type should be one of the following: slow, large-request, large-reply");
  return nullptr;
}

// How many entries are asked for; -1 means all. Answers the error itself.
std::optional<std::size_t> count_arg(CommandContext& ctx, std::size_t index) {
  const auto count = base::parse_int64(ctx.arg(index));
  if (!count || *count < -1) {
    ctx.error("ERR count should be greater than or equal to -1");
    return std::nullopt;
  }
  if (*count == -1) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(*count);
}

void write_entries(CommandContext& ctx, const CommandLog& log, std::size_t count) {
  const auto entries = log.newest(count);
  resp::ReplyWriter& reply = ctx.reply();
  reply.array(entries.size());
  for (const CommandLogEntry& entry : entries) {
    reply.array(6);
    reply.integer(static_cast<std::int64_t>(entry.id));
    reply.integer(entry.time_s);
    reply.integer(entry.value);
    reply.array(entry.args.size());
    for (const std::string& arg : entry.args)
      reply.bulk(arg);
    reply.bulk(entry.address);
    reply.bulk(entry.client_name);
  }
}

void slowlog_get(CommandContext& ctx) {
  if (ctx.argc() > 3) return ctx.unknown_subcommand();
  const auto count = ctx.argc() == 3 ? count_arg(ctx, 2) : default_count;
  if (count) write_entries(ctx, slow_log(ctx), *count);
}

void slowlog_len(CommandContext& ctx) {
  ctx.reply().integer(static_cast<std::int64_t>(slow_log(ctx).size()));
}

void slowlog_reset(CommandContext& ctx) {
  slow_log(ctx).clear();
  ctx.reply().ok();
}

void slowlog_help(CommandContext& ctx) {
  ctx.help({
      "GET [<count>]",
      "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
      "    Entries are made of:",
      "    id, timestamp, time in microseconds, arguments array, client IP and port,",
      "    client name",
      "LEN",
      "    Return the length of the slowlog.",
      "RESET",
      "    Reset the slowlog.",
  });
}

void commandlog_get(CommandContext& ctx) {
  const auto count = count_arg(ctx, 2);
  if (!count) return;
  if (const CommandLog* log = log_named(ctx, ctx.arg(3))) write_entries(ctx, *log, *count);
}

void commandlog_len(CommandContext& ctx) {
  if (const CommandLog* log = log_named(ctx, ctx.arg(2)))
    ctx.reply().integer(static_cast<std::int64_t>(log->size()));
}

void commandlog_reset(CommandContext& ctx) {
  CommandLog* log = log_named(ctx, ctx.arg(2));
  if (log == nullptr) return;
  log->clear();
  ctx.reply().ok();
}

void commandlog_help(CommandContext& ctx) {
  ctx.help({
      "GET <count> <type>",
      "    Return top <count> entries of the specified <type> from the commandlog (-1 mean all).",
      "    Entries are made of:",
      "    id, timestamp,",
      "        time in microseconds for type of slow,",
      "        or size in bytes for type of large-request,",
      "        or size in bytes for type of large-reply",
      "    arguments array, client IP and port,",
      "    client name",
      "LEN <type>",
      "    Return the length of the specified type of commandlog.",
      "RESET <type>",
      "    Reset the specified type of commandlog.",
  });
}

constexpr Flag log_flags = Flag::admin | Flag::loading | Flag::stale;
constexpr Category log_categories = Category::admin | Category::dangerous | Category::slow;
constexpr std::string_view get_tips = "request_policy:all_nodes,nondeterministic_output";
constexpr std::string_view len_tips =
    "request_policy:all_nodes,response_policy:agg_sum,nondeterministic_output";
constexpr std::string_view reset_tips = "request_policy:all_nodes,response_policy:all_succeeded";
constexpr std::string_view type_syntax = "<SLOW|LARGE-REQUEST|LARGE-REPLY>";

constexpr CommandSpec slowlog_subcommands[] = {
    {.name = "GET",
     .arity = -2,
     .flags = log_flags,
     .categories = log_categories,
     .handler = slowlog_get,
     .group = "server",
     .syntax = "[count]",
     .summary = "Tells the newest entries of the slow log.",
     .complexity = "O(N) where N is the number of entries returned",
     .since = "2.2.12",
     .history = "4.0.0: Added client IP address, port and name to the reply.",
     .tips = get_tips},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = slowlog_help,
     .group = "server",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "LEN",
     .arity = 2,
     .flags = log_flags,
     .categories = log_categories,
     .handler = slowlog_len,
     .group = "server",
     .summary = "Counts the entries of the slow log.",
     .complexity = "O(1)",
     .since = "2.2.12",
     .tips = len_tips},
    {.name = "RESET",
     .arity = 2,
     .flags = log_flags,
     .categories = log_categories,
     .handler = slowlog_reset,
     .group = "server",
     .summary = "Empties the slow log.",
     .complexity = "O(N) where N is the number of entries in the slowlog",
     .since = "2.2.12",
     .tips = reset_tips},
};

constexpr CommandSpec commandlog_subcommands[] = {
    {.name = "GET",
     .arity = 4,
     .flags = log_flags,
     .categories = log_categories,
     .handler = commandlog_get,
     .group = "server",
     .syntax = "count <SLOW|LARGE-REQUEST|LARGE-REPLY>",
     .summary = "Tells the newest entries of a log of commands.",
     .complexity = "O(N) where N is the number of entries returned",
     .since = "8.1.0",
     .tips = get_tips},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = commandlog_help,
     .group = "server",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "8.1.0"},
    {.name = "LEN",
     .arity = 3,
     .flags = log_flags,
     .categories = log_categories,
     .handler = commandlog_len,
     .group = "server",
     .syntax = type_syntax,
     .summary = "Counts the entries of a log of commands.",
     .complexity = "O(1)",
     .since = "8.1.0",
     .tips = len_tips},
    {.name = "RESET",
     .arity = 3,
     .flags = log_flags,
     .categories = log_categories,
     .handler = commandlog_reset,
     .group = "server",
     .syntax = type_syntax,
     .summary = "Empties a log of commands.",
     .complexity = "O(N) where N is the number of entries in the log",
     .since = "8.1.0",
     .tips = reset_tips},
};

constexpr CommandSpec specs[] = {
    {.name = "COMMANDLOG",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "Container of the commands for the logs of slow and large commands.",
     .complexity = "Depends on the subcommand.",
     .since = "8.1.0",
     .subcommands = commandlog_subcommands},
    {.name = "SLOWLOG",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "Container of the commands for the slow log.",
     .complexity = "Depends on the subcommand.",
     .since = "2.2.12",
     .subcommands = slowlog_subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> command_log_commands() {
  return specs;
}

}  // namespace duplex::commands
