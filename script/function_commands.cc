// FUNCTION: libraries of functions that stay.
#include "base/clock.h"
#include "base/glob.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "script/engine.h"
#include "script/families.h"
#include "script/kill.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace duplex::script {

namespace {

using commands::Category;
using commands::CommandContext;
using commands::Flag;

void function_load(CommandContext& ctx) {
  bool replaces = false;
  for (std::size_t i = 2; i + 1 < ctx.argc(); ++i) {
    if (!base::equals_ignoring_case(ctx.arg(i), "REPLACE"))
      return ctx.error(
          fmt::format("ERR Unknown option given: {}", commands::errors::shown(ctx.arg(i))));
    replaces = true;
  }
  const std::string_view code = ctx.args().back();
  Libraries& libraries = Engine::of(ctx).libraries();
  const auto head = read_library_head(code);
  if (!head) return ctx.error(head.error());
  // Told before the code is run: it would be in vain.
  if (!replaces && libraries.get(head->name))
    return ctx.error(fmt::format("ERR Library '{}' already exists", head->name));
  const auto library = make_library(code);
  if (!library) return ctx.error(library.error());
  if (const auto added = libraries.add({*library}, replaces); !added)
    return ctx.error(added.error());
  ctx.effect(ctx.args());
  ctx.reply().bulk((*library)->name);
}

void function_delete(CommandContext& ctx) {
  if (!Engine::of(ctx).libraries().erase(ctx.arg(2))) return ctx.error("ERR Library not found");
  ctx.effect(ctx.args());
  ctx.reply().ok();
}

void function_flush(CommandContext& ctx) {
  const bool is_known =
      ctx.argc() == 2 || (ctx.argc() == 3 && (base::equals_ignoring_case(ctx.arg(2), "SYNC") ||
                                              base::equals_ignoring_case(ctx.arg(2), "ASYNC")));
  if (!is_known) return ctx.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  Engine::of(ctx).libraries().flush();
  ctx.effect(ctx.args());
  ctx.reply().ok();
}

void function_dump(CommandContext& ctx) {
  ctx.reply().bulk(dump_libraries(Engine::of(ctx).libraries().list()));
}

void function_restore(CommandContext& ctx) {
  const bool has_policy = ctx.argc() > 3;
  const auto is = [&](std::string_view policy) {
    return has_policy && base::equals_ignoring_case(ctx.arg(3), policy);
  };
  if (ctx.argc() > 4)
    return ctx.error(
        "ERR Unknown subcommand or wrong number of arguments for 'restore'. Try FUNCTION HELP.");
  if (has_policy && !is("FLUSH") && !is("APPEND") && !is("REPLACE"))
    return ctx.error(
        "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  const auto restored = read_libraries(ctx.arg(2));
  if (!restored) return ctx.error(restored.error());
  using commands::LibraryPolicy;
  const LibraryPolicy policy = is("FLUSH")     ? LibraryPolicy::flush
                               : is("REPLACE") ? LibraryPolicy::replace
                                               : LibraryPolicy::append;
  if (const auto taken = take_in(Engine::of(ctx).libraries(), *restored, policy); !taken)
    return ctx.error(taken.error());
  ctx.effect(ctx.args());
  ctx.reply().ok();
}

void write_function(resp::ReplyWriter& reply, const Function& function) {
  reply.map(3);
  reply.bulk("name");
  reply.bulk(function.name);
  reply.bulk("description");
  if (function.description)
    reply.bulk(*function.description);
  else
    reply.null();
  reply.bulk("flags");
  std::vector<std::string_view> flags;
  for (const std::string_view name : flag_names)
    if (function.flags.has(*flag_by_name(name))) flags.push_back(name);
  reply.set(flags.size());
  for (const std::string_view name : flags)
    reply.status(name);
}

void write_library(resp::ReplyWriter& reply, const Library& library, bool with_code) {
  reply.map(with_code ? 4 : 3);
  reply.bulk("library_name");
  reply.bulk(library.name);
  reply.bulk("engine");
  reply.bulk("LUA");
  reply.bulk("functions");
  reply.array(library.functions.size());
  for (const Function& function : library.functions)
    write_function(reply, function);
  if (!with_code) return;
  reply.bulk("library_code");
  reply.bulk(library.code);
}

void function_list(CommandContext& ctx) {
  bool with_code = false;
  std::optional<std::string_view> pattern;
  for (std::size_t i = 2; i < ctx.argc(); ++i) {
    if (!with_code && base::equals_ignoring_case(ctx.arg(i), "WITHCODE")) {
      with_code = true;
    } else if (!pattern && base::equals_ignoring_case(ctx.arg(i), "LIBRARYNAME")) {
      if (++i == ctx.argc()) return ctx.error("ERR library name argument was not given");
      pattern = ctx.arg(i);
    } else {
      return ctx.error(fmt::format("ERR Unknown argument {}", commands::errors::shown(ctx.arg(i))));
    }
  }
  std::vector<Libraries::Pointer> libraries = Engine::of(ctx).libraries().list();
  if (pattern)
    std::erase_if(libraries, [&](const Libraries::Pointer& library) {
      return !base::glob_match(*pattern, library->name, base::GlobCase::insensitive);
    });
  ctx.reply().array(libraries.size());
  for (const Libraries::Pointer& library : libraries)
    write_library(ctx.reply(), *library, with_code);
}

void write_running(resp::ReplyWriter& reply, const commands::RunningScript& script) {
  constexpr std::int64_t us_per_ms = 1000;
  reply.map(3);
  reply.bulk("name");
  reply.bulk(script.name);
  reply.bulk("command");
  reply.array(script.command.size());
  for (const std::string& word : script.command)
    reply.bulk(word);
  reply.bulk("duration_ms");
  reply.integer((base::steady_us() - script.started_us) / us_per_ms);
}

void function_stats(CommandContext& ctx) {
  Engine& engine = Engine::of(ctx);
  resp::ReplyWriter& reply = ctx.reply();
  reply.map(2);
  reply.bulk("running_script");
  const auto running = engine.running().list();
  const auto function = std::find_if(running.begin(), running.end(), [](const auto& script) {
    return script->kind == commands::RunningScript::Kind::function;
  });
  if (function != running.end())
    write_running(reply, **function);
  else
    reply.null();
  const std::vector<Libraries::Pointer> libraries = engine.libraries().list();
  std::size_t functions = 0;
  for (const Libraries::Pointer& library : libraries)
    functions += library->functions.size();
  reply.bulk("engines");
  reply.map(1);
  reply.bulk("LUA");
  reply.map(2);
  reply.bulk("libraries_count");
  reply.integer(static_cast<std::int64_t>(libraries.size()));
  reply.bulk("functions_count");
  reply.integer(static_cast<std::int64_t>(functions));
}

void function_kill(CommandContext& ctx) {
  kill_scripts(ctx, commands::RunningScript::Kind::function);
}

void function_help(CommandContext& ctx) {
  ctx.help(
      {"LOAD [REPLACE] <FUNCTION CODE>",
       "    Create a new library with the given library name and code.",
       "DELETE <LIBRARY NAME>",
       "    Delete the given library.",
       "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
       "    Return general information on all the libraries:",
       "    * Library name",
       "    * The engine used to run the Library",
       "    * Library description",
       "    * Functions list",
       "    * Library code (if WITHCODE is given)",
       "    It also possible to get only function that matches a pattern using LIBRARYNAME "
       "argument.",
       "STATS",
       "    Return information about the current function running:",
       "    * Function name",
       "    * Command used to run the function",
       "    * Duration in MS that the function is running",
       "    If no function is running, return nil",
       "    In addition, returns a list of available engines.",
       "KILL",
       "    Kill the current running function.",
       "FLUSH [ASYNC|SYNC]",
       "    Delete all the libraries.",
       "    When called without the optional mode argument, the behavior is determined by the",
       "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
       "    * ASYNC: Asynchronously flush the libraries.",
       "    * SYNC: Synchronously flush the libraries.",
       "DUMP",
       "    Return a serialized payload representing the current libraries, can be restored using "
       "FUNCTION RESTORE command",
       "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
       "    Restore the libraries represented by the given payload, it is possible to give a "
       "restore policy to",
       "    control how to handle existing libraries (default APPEND):",
       "    * FLUSH: delete all existing libraries.",
       "    * APPEND: appends the restored libraries to the existing libraries. On collision, "
       "abort.",
       "    * REPLACE: appends the restored libraries to the existing libraries, On collision, "
       "replace the old",
       "      libraries with the new libraries (notice that even on this option there is a chance "
       "of failure",
       "      in case of functions name collision with another library)."});
}

constexpr Category slow_scripting = Category::slow | Category::scripting;
// They hold all shards, so that a snapshot, the log and running functions see them in one order.
constexpr Flag changing = Flag::noscript | Flag::write | Flag::all_shards;
constexpr std::string_view to_all = "REQUEST_POLICY:ALL_SHARDS,RESPONSE_POLICY:ALL_SUCCEEDED";

constexpr commands::CommandSpec subcommands[] = {
    {.name = "DELETE",
     .arity = 3,
     .flags = changing,
     .categories = slow_scripting | Category::write,
     .handler = function_delete,
     .group = "scripting",
     .syntax = "library-name",
     .summary = "Deletes a library and its functions.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .tips = to_all},
    {.name = "DUMP",
     .arity = 2,
     .flags = Flag::noscript,
     .categories = slow_scripting,
     .handler = function_dump,
     .group = "scripting",
     .summary = "Dumps all libraries into a serialized binary payload.",
     .complexity = "O(N) where N is the number of functions",
     .since = "7.0.0"},
    {.name = "FLUSH",
     .arity = -2,
     .flags = changing,
     .categories = slow_scripting | Category::write,
     .handler = function_flush,
     .group = "scripting",
     .syntax = "[ASYNC|SYNC]",
     .summary = "Deletes all libraries and functions.",
     .complexity = "O(N) where N is the number of functions deleted",
     .since = "7.0.0",
     .tips = to_all},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = slow_scripting,
     .handler = function_help,
     .group = "scripting",
     .summary = "Returns helpful text about the different subcommands.",
     .complexity = "O(1)",
     .since = "7.0.0"},
    {.name = "KILL",
     .arity = 2,
     .flags = Flag::noscript | Flag::allow_busy,
     .categories = slow_scripting,
     .handler = function_kill,
     .group = "scripting",
     .summary = "Terminates a function during execution.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .tips = "REQUEST_POLICY:ALL_SHARDS,RESPONSE_POLICY:ONE_SUCCEEDED"},
    {.name = "LIST",
     .arity = -2,
     .flags = Flag::noscript,
     .categories = slow_scripting,
     .handler = function_list,
     .group = "scripting",
     .syntax = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
     .summary = "Returns information about all libraries.",
     .complexity = "O(N) where N is the number of functions",
     .since = "7.0.0",
     .tips = "NONDETERMINISTIC_OUTPUT_ORDER"},
    {.name = "LOAD",
     .arity = -3,
     .flags = changing | Flag::denyoom,
     .categories = slow_scripting | Category::write,
     .handler = function_load,
     .group = "scripting",
     .syntax = "[REPLACE] function-code",
     .summary = "Creates a library.",
     .complexity = "O(1) (considering compilation time is redundant)",
     .since = "7.0.0",
     .tips = to_all},
    {.name = "RESTORE",
     .arity = -3,
     .flags = changing | Flag::denyoom,
     .categories = slow_scripting | Category::write,
     .handler = function_restore,
     .group = "scripting",
     .syntax = "serialized-value [FLUSH|APPEND|REPLACE]",
     .summary = "Restores all libraries from a payload.",
     .complexity = "O(N) where N is the number of functions on the payload",
     .since = "7.0.0",
     .tips = to_all},
    {.name = "STATS",
     .arity = 2,
     .flags = Flag::noscript | Flag::allow_busy,
     .categories = slow_scripting,
     .handler = function_stats,
     .group = "scripting",
     .summary = "Returns information about a function during execution.",
     .complexity = "O(1)",
     .since = "7.0.0",
     .tips = "NONDETERMINISTIC_OUTPUT,REQUEST_POLICY:ALL_SHARDS,RESPONSE_POLICY:SPECIAL"},
};

constexpr commands::CommandSpec specs[] = {
    {.name = "FUNCTION",
     .arity = -2,
     .categories = Category::slow,
     .group = "scripting",
     .summary = "A container for function commands.",
     .complexity = "Depends on subcommand.",
     .since = "7.0.0",
     .subcommands = subcommands},
};
static_assert(commands::well_formed(specs));

}  // namespace

std::span<const commands::CommandSpec> function_commands() {
  return specs;
}

}  // namespace duplex::script
