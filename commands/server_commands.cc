// Commands for the server as a whole: INFO, CONFIG, TIME, SHUTDOWN, LOLWUT.
#include "base/clock.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/compatible_version.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/guarded_actions.h"
#include "commands/statistics.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

void info(CommandContext& ctx) {
  ctx.reply().verbatim("txt", ctx.services().server.info(ctx.args().subspan(1), ctx.lock()));
}

void time(CommandContext& ctx) {
  const std::int64_t now_us = base::wall_us();
  ctx.reply().array(2);
  ctx.reply().bulk_integer(now_us / 1'000'000);
  ctx.reply().bulk_integer(now_us % 1'000'000);
}

// A page of Duplex: two loops that share one ring. VERSION is understood, but there is one drawing.
constexpr std::string_view drawing =
    "      .-\"\"\"-.     .-\"\"\"-.\n"
    "    .'  .-.  '. .'  .-.  '.\n"
    "   /   /   \\   X   /   \\   \\\n"
    "   \\   \\   /   X   \\   /   /\n"
    "    '.  '-'  .' '.  '-'  .'\n"
    "      '-...-'     '-...-'\n";

void lolwut(CommandContext& ctx) {
  if (ctx.argc() >= 3 && base::equals_ignoring_case(ctx.arg(1), "version") && !ctx.integer_arg(2))
    return;
  ctx.reply().verbatim("txt", fmt::format("{}\nRedis ver. {}\n", drawing, compatible_version));
}

// NOW is about waiting for replicas, of which there are none.
void shutdown(CommandContext& ctx) {
  bool abort = false;
  bool save = false;
  bool nosave = false;
  bool force = false;
  for (const std::string_view word : ctx.args().subspan(1)) {
    if (base::equals_ignoring_case(word, "nosave")) {
      nosave = true;
    } else if (base::equals_ignoring_case(word, "save")) {
      save = true;
    } else if (base::equals_ignoring_case(word, "abort")) {
      abort = true;
    } else if (base::equals_ignoring_case(word, "force")) {
      force = true;
    } else if (!base::equals_ignoring_case(word, "now")) {
      return ctx.error(errors::syntax);
    }
  }
  if ((abort && ctx.argc() > 2) || (save && nosave)) return ctx.error(errors::syntax);
  if (abort) return ctx.error("ERR No shutdown in progress.");
  const ShutdownMode mode = save     ? ShutdownMode::save
                            : nosave ? ShutdownMode::nosave
                                     : ShutdownMode::normal;
  // When it works there is no reply: that the connection ends is the answer.
  if (const auto refusal = ctx.services().server.shutdown(mode, force)) ctx.error(*refusal);
}

void config_get(CommandContext& ctx) {
  const auto found = ctx.services().config.get(ctx.args().subspan(2));
  ctx.reply().map(found.size());
  for (const auto& [name, value] : found) {
    ctx.reply().bulk(name);
    ctx.reply().bulk(value);
  }
}

void config_set(CommandContext& ctx) {
  if (ctx.argc() % 2 != 0) return ctx.error(errors::syntax);
  std::vector<std::pair<std::string_view, std::string_view>> changes;
  for (std::size_t i = 2; i < ctx.argc(); i += 2)
    changes.emplace_back(ctx.arg(i), ctx.arg(i + 1));
  const bool may_set_protected =
      is_allowed(ctx.services(), ctx.client(), "enable-protected-configs");
  if (const auto refusal = ctx.services().config.set(changes, may_set_protected))
    return ctx.error(*refusal);
  ctx.reply().ok();
}

void config_rewrite(CommandContext& ctx) {
  if (const auto refusal = ctx.services().config.rewrite()) return ctx.error(*refusal);
  ctx.reply().ok();
}

void config_resetstat(CommandContext& ctx) {
  for (const auto& statistics : ctx.services().statistics)
    statistics->reset();
  ctx.reply().ok();
}

void config_help(CommandContext& ctx) {
  ctx.help({
      "GET <pattern>",
      "    Return parameters matching the glob-like <pattern> and their values.",
      "SET <directive> <value>",
      "    Set the configuration <directive> to <value>.",
      "RESETSTAT",
      "    Reset statistics reported by the INFO command.",
      "REWRITE",
      "    Rewrite the configuration file.",
  });
}

constexpr Flag config_flags = Flag::admin | Flag::noscript | Flag::loading | Flag::stale;
constexpr Category config_categories = Category::admin | Category::dangerous | Category::slow;
constexpr std::string_view config_tips = "request_policy:all_nodes,response_policy:all_succeeded";

constexpr CommandSpec config_subcommands[] = {
    {.name = "GET",
     .arity = -3,
     .flags = config_flags,
     .categories = config_categories,
     .handler = config_get,
     .group = "server",
     .syntax = "parameter [parameter ...]",
     .summary = "Tells the values of directives.",
     .complexity = "O(N) where N is the number of directives that match.",
     .since = "2.0.0",
     .history = "7.0.0: Added the ability to pass multiple pattern parameters in one call"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = config_help,
     .group = "server",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "RESETSTAT",
     .arity = 2,
     .flags = config_flags,
     .categories = config_categories,
     .handler = config_resetstat,
     .group = "server",
     .summary = "Sets the counters that INFO shows back to zero.",
     .complexity = "O(N) where N is the number of commands and loops.",
     .since = "2.0.0",
     .tips = config_tips},
    {.name = "REWRITE",
     .arity = 2,
     .flags = config_flags,
     .categories = config_categories,
     .handler = config_rewrite,
     .group = "server",
     .summary = "Writes the directives in force into the configuration file.",
     .complexity = "O(N) where N is the number of directives.",
     .since = "2.8.0",
     .tips = config_tips},
    {.name = "SET",
     .arity = -4,
     .flags = config_flags,
     .categories = config_categories,
     .handler = config_set,
     .group = "server",
     .syntax = "parameter value [parameter value ...]",
     .summary = "Changes directives while the server runs: all of them or none.",
     .complexity = "O(N) where N is the number of directives given.",
     .since = "2.0.0",
     .history = "7.0.0: Added the ability to set multiple parameters in one call.",
     .tips = config_tips},
};

constexpr CommandSpec specs[] = {
    {.name = "CONFIG",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "Container of the commands for the server's configuration.",
     .complexity = "Depends on the subcommand.",
     .since = "2.0.0",
     .subcommands = config_subcommands},
    {.name = "INFO",
     .arity = -1,
     .flags = Flag::loading | Flag::stale | Flag::visits_shards,
     .categories = Category::dangerous | Category::slow,
     .handler = info,
     .group = "server",
     .syntax = "[section [section ...]]",
     .summary = "Describes the server's state in numbers.",
     .complexity = "O(1), or O(N) in the number of keys with keysizes.",
     .since = "1.0.0",
     .history = "7.0.0: Added support for taking multiple section arguments.",
     .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special"},
    {.name = "LOLWUT",
     .arity = -1,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read,
     .handler = lolwut,
     .group = "server",
     .syntax = "[VERSION version]",
     .summary = "Draws something and tells the version.",
     .since = "5.0.0"},
    {.name = "SHUTDOWN",
     .arity = -1,
     .flags = Flag::admin | Flag::noscript | Flag::loading | Flag::stale | Flag::no_multi |
              Flag::allow_busy,
     .categories = Category::admin | Category::dangerous | Category::slow,
     .handler = shutdown,
     .group = "server",
     .syntax = "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]",
     .summary = "Stops the server.",
     .complexity = "O(1), and O(N) for N keys if a snapshot is written.",
     .since = "1.0.0",
     .history = "7.0.0: Added the `NOW`, `FORCE` and `ABORT` modifiers."},
    {.name = "TIME",
     .arity = 1,
     .flags = Flag::loading | Flag::stale | Flag::fast,
     .categories = Category::fast,
     .handler = time,
     .group = "server",
     .summary = "Tells the server's time in seconds and microseconds.",
     .complexity = "O(1)",
     .since = "2.6.0",
     .tips = "nondeterministic_output"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> server_commands() {
  return specs;
}

}  // namespace duplex::commands
