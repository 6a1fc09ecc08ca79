// MODULE: there are no modules here, which clients and tools learn by asking for them.
#include "commands/command_context.h"
#include "commands/families.h"

#include <string_view>

namespace duplex::commands {

namespace {

void list(CommandContext& ctx) {
  ctx.reply().array(0);
}

void load(CommandContext& ctx) {
  ctx.error("ERR Error loading the extension. Please check the server logs.");
}

void unload(CommandContext& ctx) {
  ctx.error("ERR Error unloading module: no such module with that name");
}

void help(CommandContext& ctx) {
  ctx.help({
      "LIST",
      "    Return a list of loaded modules.",
      "LOAD <path> [<arg> ...]",
      "    Load a module library from <path>, passing to it any optional arguments.",
      "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
      "    Load a module library from <path>, while passing it module configurations and optional "
      "arguments.",
      "UNLOAD <name>",
      "    Unload a module.",
  });
}

constexpr Flag admin_flags = Flag::admin | Flag::noscript;
constexpr Flag guarded_flags = admin_flags | Flag::no_async_loading | Flag::guarded;
constexpr Category admin_categories = Category::admin | Category::dangerous | Category::slow;

constexpr CommandSpec subcommands[] = {
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = help,
     .group = "server",
     .summary = "Returns helpful text about the different subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "LIST",
     .arity = 2,
     .flags = admin_flags,
     .categories = admin_categories,
     .handler = list,
     .group = "server",
     .summary = "Returns all loaded modules: there are none.",
     .complexity = "O(N) where N is the number of loaded modules.",
     .since = "4.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "LOAD",
     .arity = -3,
     .flags = guarded_flags,
     .categories = admin_categories,
     .handler = load,
     .group = "server",
     .syntax = "path [arg [arg ...]]",
     .summary = "Fails: modules cannot be loaded.",
     .complexity = "O(1)",
     .since = "4.0.0"},
    {.name = "LOADEX",
     .arity = -3,
     .flags = guarded_flags,
     .categories = admin_categories,
     .handler = load,
     .group = "server",
     .syntax = "path [CONFIG name value [CONFIG name value ...]] [ARGS args [args ...]]",
     .summary = "Fails: modules cannot be loaded.",
     .complexity = "O(1)",
     .since = "7.0.0"},
    {.name = "UNLOAD",
     .arity = 3,
     .flags = guarded_flags,
     .categories = admin_categories,
     .handler = unload,
     .group = "server",
     .syntax = "name",
     .summary = "Fails: there is no module that could be unloaded.",
     .complexity = "O(1)",
     .since = "4.0.0"},
};

constexpr CommandSpec specs[] = {
    {.name = "MODULE",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "A container for commands about modules.",
     .complexity = "Depends on subcommand.",
     .since = "4.0.0",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> module_commands() {
  return specs;
}

}  // namespace duplex::commands
