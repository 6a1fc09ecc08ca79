// SCRIPT: the cache of EVALSHA, and scripts that run for long.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "script/engine.h"
#include "script/families.h"
#include "script/interpreter.h"
#include "script/kill.h"
#include "script/redis_api.h"

#include <fmt/format.h>

#include <memory>
#include <string>

namespace duplex::script {

namespace {

using commands::Category;
using commands::CommandContext;
using commands::Flag;

void script_load(CommandContext& ctx) {
  const std::string_view code = ctx.arg(2);
  char digits[sha1_digits];
  write_sha1(code, digits);
  const std::string_view sha(digits, sizeof digits);
  ScriptCache& cache = Engine::of(ctx).scripts();
  ScriptCache::Pointer script = cache.find(sha);
  if (!script) {
    const auto shebang = read_shebang(code);
    if (!shebang) return ctx.error(shebang.error());
    script = std::make_shared<Script>(std::string(sha), std::string(code), *shebang);
    Interpreter interpreter(StateKind::eval);
    if (const auto error = interpreter.check(*script)) return ctx.error(*error);
  }
  cache.add(script, true);
  ctx.reply().bulk(sha);
}

void script_exists(CommandContext& ctx) {
  const ScriptCache& cache = Engine::of(ctx).scripts();
  ctx.reply().array(ctx.argc() - 2);
  for (std::size_t i = 2; i < ctx.argc(); ++i)
    ctx.reply().integer(cache.contains(base::lowered(ctx.arg(i))) ? 1 : 0);
}

void script_show(CommandContext& ctx) {
  const ScriptCache::Pointer script = Engine::of(ctx).scripts().find(base::lowered(ctx.arg(2)));
  if (!script) return ctx.error("NOSCRIPT No matching script. Please use EVAL.");
  ctx.reply().bulk(script->code);
}

void script_flush(CommandContext& ctx) {
  const bool is_known =
      ctx.argc() == 2 || (ctx.argc() == 3 && (base::equals_ignoring_case(ctx.arg(2), "SYNC") ||
                                              base::equals_ignoring_case(ctx.arg(2), "ASYNC")));
  if (!is_known) return ctx.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  Engine::of(ctx).flush_scripts();
  ctx.reply().ok();
}

void script_kill(CommandContext& ctx) {
  kill_scripts(ctx, commands::RunningScript::Kind::eval);
}

// There is no debugger here; the answer to those who switch it off is true.
void script_debug(CommandContext& ctx) {
  const std::string_view mode = ctx.arg(2);
  if (base::equals_ignoring_case(mode, "NO")) return ctx.reply().ok();
  if (base::equals_ignoring_case(mode, "YES") || base::equals_ignoring_case(mode, "SYNC"))
    return ctx.error("ERR SCRIPT DEBUG is not supported: this server has no Lua debugger");
  ctx.error("ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

void script_help(CommandContext& ctx) {
  ctx.help({"DEBUG (YES|SYNC|NO)",
            "    Set the debug mode for subsequent scripts executed.",
            "EXISTS <sha1> [<sha1> ...]",
            "    Return information about the existence of the scripts in the script cache.",
            "FLUSH [ASYNC|SYNC]",
            "    Flush the Lua scripts cache. Very dangerous on replicas.",
            "    When called without the optional mode argument, the behavior is determined by the",
            "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
            "    * ASYNC: Asynchronously flush the scripts cache.",
            "    * SYNC: Synchronously flush the scripts cache.",
            "KILL",
            "    Kill the currently executing Lua script.",
            "LOAD <script>",
            "    Load a script into the scripts cache without executing it.",
            "SHOW <sha1>",
            "    Show a script from the scripts cache."});
}

constexpr Category slow_scripting = Category::slow | Category::scripting;

constexpr commands::CommandSpec subcommands[] = {
    {.name = "DEBUG",
     .arity = 3,
     .flags = Flag::noscript,
     .categories = slow_scripting,
     .handler = script_debug,
     .group = "scripting",
     .syntax = "<YES|SYNC|NO>",
     .summary = "Sets the debug mode of server-side Lua scripts.",
     .complexity = "O(1)",
     .since = "3.2.0"},
    {.name = "EXISTS",
     .arity = -3,
     .flags = Flag::noscript,
     .categories = slow_scripting,
     .handler = script_exists,
     .group = "scripting",
     .syntax = "sha1 [sha1 ...]",
     .summary = "Determines whether server-side Lua scripts exist in the script cache.",
     .complexity = "O(N) with N being the number of scripts to check (so checking a single script "
                   "is an O(1) operation).",
     .since = "2.6.0",
     .tips = "REQUEST_POLICY:ALL_SHARDS,RESPONSE_POLICY:AGG_LOGICAL_AND"},
    {.name = "FLUSH",
     .arity = -2,
     .flags = Flag::noscript,
     .categories = slow_scripting,
     .handler = script_flush,
     .group = "scripting",
     .syntax = "[ASYNC|SYNC]",
     .summary = "Removes all server-side Lua scripts from the script cache.",
     .complexity = "O(N) with N being the number of scripts in cache",
     .since = "2.6.0",
     .history = "6.2.0: Added the `ASYNC` and `SYNC` flushing mode modifiers.",
     .tips = "REQUEST_POLICY:ALL_NODES,RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = slow_scripting,
     .handler = script_help,
     .group = "scripting",
     .summary = "Returns helpful text about the different subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "KILL",
     .arity = 2,
     .flags = Flag::noscript | Flag::allow_busy,
     .categories = slow_scripting,
     .handler = script_kill,
     .group = "scripting",
     .summary = "Terminates a server-side Lua script during execution.",
     .complexity = "O(1)",
     .since = "2.6.0",
     .tips = "REQUEST_POLICY:ALL_SHARDS,RESPONSE_POLICY:ONE_SUCCEEDED"},
    {.name = "LOAD",
     .arity = 3,
     .flags = Flag::noscript | Flag::stale,
     .categories = slow_scripting,
     .handler = script_load,
     .group = "scripting",
     .syntax = "script",
     .summary = "Loads a server-side Lua script to the script cache.",
     .complexity = "O(N) with N being the length in bytes of the script body.",
     .since = "2.6.0",
     .tips = "REQUEST_POLICY:ALL_NODES,RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "SHOW",
     .arity = 3,
     .flags = Flag::noscript,
     .categories = slow_scripting,
     .handler = script_show,
     .group = "scripting",
     .syntax = "sha1",
     .summary = "Show server-side Lua script in the script cache.",
     .complexity = "O(1).",
     .since = "8.0.0"},
};

constexpr commands::CommandSpec specs[] = {
    {.name = "SCRIPT",
     .arity = -2,
     .categories = Category::slow,
     .group = "scripting",
     .summary = "A container for Lua scripts management commands.",
     .complexity = "Depends on subcommand.",
     .since = "2.6.0",
     .subcommands = subcommands},
};
static_assert(commands::well_formed(specs));

}  // namespace

std::span<const commands::CommandSpec> script_commands() {
  return specs;
}

}  // namespace duplex::script
