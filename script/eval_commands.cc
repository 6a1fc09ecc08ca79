// EVAL, EVALSHA, FCALL and their forms that only read.
#include "base/memory.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/script_unit.h"
#include "script/engine.h"
#include "script/families.h"
#include "script/interpreter.h"
#include "script/redis_api.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::script {

namespace {

using commands::Args;
using commands::Category;
using commands::CommandContext;
using commands::Flag;
using commands::KeyFlag;
using commands::ScriptScope;

constexpr std::size_t first_key = 3;

// How many keys the request names; answers the error itself.
std::optional<std::size_t> key_count(CommandContext& ctx, std::string_view not_a_number) {
  const auto count = base::parse_int64(ctx.arg(2));
  std::string_view error;
  if (!count)
    error = not_a_number;
  else if (*count > static_cast<std::int64_t>(ctx.argc() - first_key))
    error = "ERR Number of keys can't be greater than number of args";
  else if (*count < 0)
    error = "ERR Number of keys can't be negative";
  if (error.empty()) return static_cast<std::size_t>(*count);
  ctx.error(error);
  return std::nullopt;
}

bool is_memory_scarce(CommandContext& ctx) {
  const std::uint64_t limit = ctx.settings().memory_bytes_max.load(std::memory_order_relaxed);
  return limit != 0 && base::allocated_bytes() > limit;
}

// Fills in what the script may do; answers the error itself if it must not begin.
bool prepare(CommandContext& ctx, const ScriptFlags& flags, bool only_reads) {
  ScriptScope& scope = ctx.script_unit().scope;
  scope.begin(ctx.client());
  const bool is_scarce = is_memory_scarce(ctx);
  const bool never_writes = flags.has(ScriptFlag::no_writes);
  scope.read_only = only_reads || never_writes;
  scope.allows_oom = !is_scarce || flags.has(ScriptFlag::allow_oom);
  if (!flags.has_shebang) return true;
  std::string_view error;
  if (!never_writes && only_reads)
    error = "ERR Can not execute a script with write flag using *_ro command.";
  else if (!never_writes)
    error = ctx.services().effects.refusal();
  if (error.empty() && is_scarce && !never_writes && !flags.has(ScriptFlag::allow_oom))
    error =
        "OOM allow-oom flag is not set on the script, can not run it when used memory > "
        "'maxmemory'";
  if (error.empty()) return true;
  ctx.error(error);
  return false;
}

void run_script(CommandContext& ctx, const Script& script, std::size_t keys, bool only_reads) {
  if (!prepare(ctx, script.flags, only_reads)) return;
  const Args args = ctx.args().subspan(first_key);
  Interpreter& interpreter =
      UnitMemory::of(ctx.script_unit()).eval(Engine::of(ctx).scripts_generation());
  interpreter.run(ctx, script, args.subspan(0, keys), args.subspan(keys));
  if (ctx.script_unit().scope.has_strayed)
    script.has_strayed.store(true, std::memory_order_relaxed);
}

void run_eval(CommandContext& ctx, bool only_reads) {
  const auto keys = key_count(ctx, commands::errors::not_an_integer);
  if (!keys) return;
  Engine& engine = Engine::of(ctx);
  const std::string_view code = ctx.arg(1);
  char sha[sha1_digits];
  write_sha1(code, sha);
  ScriptCache::Pointer script = engine.scripts().find({sha, sizeof sha});
  if (!script) {
    const auto shebang = read_shebang(code);
    if (!shebang) return ctx.error(shebang.error());
    script = std::make_shared<Script>(std::string(sha, sizeof sha), std::string(code), *shebang);
    Interpreter& interpreter = UnitMemory::of(ctx.script_unit()).eval(engine.scripts_generation());
    if (const auto error = interpreter.check(*script)) return ctx.error(*error);
    script = engine.scripts().add(script, false);
  }
  run_script(ctx, *script, *keys, only_reads);
}

void run_evalsha(CommandContext& ctx, bool only_reads) {
  constexpr std::string_view unknown = "NOSCRIPT No matching script. Please use EVAL.";
  if (ctx.arg(1).size() != sha1_digits) return ctx.error(unknown);
  const auto keys = key_count(ctx, commands::errors::not_an_integer);
  if (!keys) return;
  const ScriptCache::Pointer script = Engine::of(ctx).scripts().find(base::lowered(ctx.arg(1)));
  if (!script) return ctx.error(unknown);
  run_script(ctx, *script, *keys, only_reads);
}

void run_fcall(CommandContext& ctx, bool only_reads) {
  Engine& engine = Engine::of(ctx);
  const Libraries::Found found = engine.libraries().find(ctx.arg(1));
  if (found.function == nullptr) return ctx.error("ERR Function not found");
  const auto keys = key_count(ctx, "ERR Bad number of keys provided");
  if (!keys || !prepare(ctx, found.function->flags, only_reads)) return;
  ScriptScope& scope = ctx.script_unit().scope;
  scope.kind = commands::RunningScript::Kind::function;
  scope.name = found.function->name;
  const Args args = ctx.args().subspan(first_key);
  Interpreter& interpreter =
      UnitMemory::of(ctx.script_unit()).function(engine.libraries().generation());
  interpreter.run(ctx, found.library, *found.function, args.subspan(0, *keys), args.subspan(*keys));
  if (scope.has_strayed) found.library->has_strayed.store(true, std::memory_order_relaxed);
}

void eval(CommandContext& ctx) {
  run_eval(ctx, false);
}
void eval_ro(CommandContext& ctx) {
  run_eval(ctx, true);
}
void evalsha(CommandContext& ctx) {
  run_evalsha(ctx, false);
}
void evalsha_ro(CommandContext& ctx) {
  run_evalsha(ctx, true);
}
void fcall(CommandContext& ctx) {
  run_fcall(ctx, false);
}
void fcall_ro(CommandContext& ctx) {
  run_fcall(ctx, true);
}

constexpr Flag shared_flags =
    Flag::noscript | Flag::skip_monitor | Flag::stale | Flag::movable_keys | Flag::runs_script;
constexpr Flag writing_flags = shared_flags | Flag::may_replicate;
constexpr Flag reading_flags = shared_flags | Flag::readonly;
constexpr commands::KeySpecs writing_keys = commands::keys(
    commands::key_number(2, 0, 1, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update));
constexpr commands::KeySpecs reading_keys =
    commands::keys(commands::key_number(2, 0, 1, 1, KeyFlag::ro | KeyFlag::access));

constexpr commands::CommandSpec specs[] = {
    {.name = "EVAL",
     .arity = -3,
     .flags = writing_flags,
     .categories = Category::slow | Category::scripting,
     .keys = writing_keys,
     .handler = eval,
     .group = "scripting",
     .syntax = "script numkeys [key [key ...]] [arg [arg ...]]",
     .summary = "Executes a server-side Lua script.",
     .complexity = "Depends on the script that is executed.",
     .since = "2.6.0"},
    {.name = "EVALSHA",
     .arity = -3,
     .flags = writing_flags,
     .categories = Category::slow | Category::scripting,
     .keys = writing_keys,
     .handler = evalsha,
     .group = "scripting",
     .syntax = "sha1 numkeys [key [key ...]] [arg [arg ...]]",
     .summary = "Executes a server-side Lua script by SHA1 digest.",
     .complexity = "Depends on the script that is executed.",
     .since = "2.6.0"},
    {.name = "EVALSHA_RO",
     .arity = -3,
     .flags = reading_flags,
     .categories = Category::slow | Category::scripting,
     .keys = reading_keys,
     .handler = evalsha_ro,
     .group = "scripting",
     .syntax = "sha1 numkeys [key [key ...]] [arg [arg ...]]",
     .summary = "Executes a read-only server-side Lua script by SHA1 digest.",
     .complexity = "Depends on the script that is executed.",
     .since = "7.0.0"},
    {.name = "EVAL_RO",
     .arity = -3,
     .flags = reading_flags,
     .categories = Category::slow | Category::scripting,
     .keys = reading_keys,
     .handler = eval_ro,
     .group = "scripting",
     .syntax = "script numkeys [key [key ...]] [arg [arg ...]]",
     .summary = "Executes a read-only server-side Lua script.",
     .complexity = "Depends on the script that is executed.",
     .since = "7.0.0"},
    {.name = "FCALL",
     .arity = -3,
     .flags = writing_flags,
     .categories = Category::slow | Category::scripting,
     .keys = writing_keys,
     .handler = fcall,
     .group = "scripting",
     .syntax = "function numkeys [key [key ...]] [arg [arg ...]]",
     .summary = "Invokes a function.",
     .complexity = "Depends on the function that is executed.",
     .since = "7.0.0"},
    {.name = "FCALL_RO",
     .arity = -3,
     .flags = reading_flags,
     .categories = Category::slow | Category::scripting,
     .keys = reading_keys,
     .handler = fcall_ro,
     .group = "scripting",
     .syntax = "function numkeys [key [key ...]] [arg [arg ...]]",
     .summary = "Invokes a read-only function.",
     .complexity = "Depends on the function that is executed.",
     .since = "7.0.0"},
};
static_assert(commands::well_formed(specs));

}  // namespace

std::span<const commands::CommandSpec> eval_commands() {
  return specs;
}

}  // namespace duplex::script
