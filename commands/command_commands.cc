// COMMAND: what commands there are, as clients ask for it.
#include "base/glob.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/command_docs.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/key_positions.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

void write_all(CommandContext& ctx) {
  const auto commands = ctx.services().table.commands();
  ctx.reply().array(commands.size());
  for (const Command* command : commands)
    write_command_info(ctx.reply(), *command);
}

void command_count(CommandContext& ctx) {
  ctx.reply().integer(static_cast<std::int64_t>(ctx.services().table.commands().size()));
}

void command_info(CommandContext& ctx) {
  if (ctx.argc() == 2) return write_all(ctx);
  ctx.reply().array(ctx.argc() - 2);
  for (const std::string_view name : ctx.args().subspan(2)) {
    if (const Command* command = ctx.services().table.find_full(name))
      write_command_info(ctx.reply(), *command);
    else
      ctx.reply().null();
  }
}

void command_docs(CommandContext& ctx) {
  std::vector<const Command*> wanted;
  const CommandTable& table = ctx.services().table;
  if (ctx.argc() == 2) wanted.assign(table.commands().begin(), table.commands().end());
  for (const std::string_view name : ctx.args().subspan(2))
    if (const Command* command = table.find_full(name)) wanted.push_back(command);
  ctx.reply().map(wanted.size());
  for (const Command* command : wanted)
    write_command_docs(ctx.reply(), *command);
}

// FILTERBY's word and its argument; without them everything is listed.
bool is_listed(CommandContext& ctx, const Command& command) {
  if (!command.is_callable()) return false;
  if (ctx.argc() == 2) return true;
  if (base::equals_ignoring_case(ctx.arg(3), "aclcat"))
    return has(command.spec->categories, category_named(ctx.arg(4)));
  // There are no modules that a command could be of.
  return base::equals_ignoring_case(ctx.arg(3), "pattern") &&
         base::glob_match(ctx.arg(4), command.full_name, base::GlobCase::insensitive);
}

void command_list(CommandContext& ctx) {
  const auto is_one_of = [&](std::string_view word) {
    return base::equals_ignoring_case(word, "module") ||
           base::equals_ignoring_case(word, "aclcat") ||
           base::equals_ignoring_case(word, "pattern");
  };
  if (ctx.argc() != 2 && (ctx.argc() != 5 || !base::equals_ignoring_case(ctx.arg(2), "filterby") ||
                          !is_one_of(ctx.arg(3))))
    return ctx.error(errors::syntax);
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t count = 0;
  for (const auto& command : ctx.services().table.all()) {
    if (!is_listed(ctx, *command)) continue;
    ctx.reply().bulk(command->full_name);
    ++count;
  }
  ctx.reply().end_deferred_array(place, count);
}

// The keys in the arguments behind the subcommand's name. Answers the error itself.
std::optional<std::vector<KeyPosition>> keys_of(CommandContext& ctx) {
  const Args args = ctx.args().subspan(2);
  const auto refuse = [&](std::string_view text) {
    ctx.error(text);
    return std::nullopt;
  };
  const Command* command = ctx.services().table.find_request(args);
  if (command == nullptr) return refuse("ERR Invalid command specified");
  bool takes_keys = false;
  for (const KeySpec& spec : command->spec->keys.view())
    takes_keys |= !has(spec.flags, KeyFlag::not_key);
  if (!takes_keys) return refuse("ERR The command has no key arguments");
  if (!arity_fits(*command->spec, args.size()))
    return refuse("ERR Invalid number of arguments specified for command");
  std::vector<KeyPosition> positions;
  if (!find_keys(*command->spec, args, positions))
    return refuse("ERR Invalid arguments specified for command");
  std::erase_if(positions, [](const KeyPosition& at) { return has(at.flags, KeyFlag::not_key); });
  for (KeyPosition& position : positions)
    position.index += 2;
  return positions;
}

void command_getkeys(CommandContext& ctx) {
  const auto positions = keys_of(ctx);
  if (!positions) return;
  ctx.reply().array(positions->size());
  for (const KeyPosition& position : *positions)
    ctx.reply().bulk(ctx.arg(position.index));
}

void command_getkeysandflags(CommandContext& ctx) {
  const auto positions = keys_of(ctx);
  if (!positions) return;
  const Args args = ctx.args().subspan(2);
  const CommandSpec& spec = *ctx.services().table.find_request(args)->spec;
  ctx.reply().array(positions->size());
  for (const KeyPosition& position : *positions) {
    const KeyFlag actual = actual_key_flags(spec, position.flags, args);
    const std::vector<std::string_view> flags = key_flag_names(actual);
    ctx.reply().array(2);
    ctx.reply().bulk(ctx.arg(position.index));
    ctx.reply().set(flags.size());
    for (const std::string_view flag : flags)
      ctx.reply().status(flag);
  }
}

void command_help(CommandContext& ctx) {
  ctx.help({
      "(no subcommand)",
      "    Return details about all Redis commands.",
      "COUNT",
      "    Return the total number of commands in this Redis server.",
      "LIST",
      "    Return a list of all commands in this Redis server.",
      "INFO [<command-name> ...]",
      "    Return details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "DOCS [<command-name> ...]",
      "    Return documentation details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "GETKEYS <full-command>",
      "    Return the keys from a full Redis command.",
      "GETKEYSANDFLAGS <full-command>",
      "    Return the keys and the access flags from a full Redis command.",
  });
}

constexpr Flag command_flags = Flag::loading | Flag::stale;
constexpr Category command_categories = Category::connection | Category::slow;

constexpr CommandSpec subcommands[] = {
    {.name = "COUNT",
     .arity = 2,
     .flags = command_flags,
     .categories = command_categories,
     .handler = command_count,
     .group = "server",
     .summary = "Counts the commands.",
     .complexity = "O(1)",
     .since = "2.8.13"},
    {.name = "DOCS",
     .arity = -2,
     .flags = command_flags,
     .categories = command_categories,
     .handler = command_docs,
     .group = "server",
     .syntax = "[command-name [command-name ...]]",
     .summary = "Describes commands for people.",
     .complexity = "O(N) where N is the number of commands asked for.",
     .since = "7.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "GETKEYS",
     .arity = -3,
     .flags = command_flags,
     .categories = command_categories,
     .handler = command_getkeys,
     .group = "server",
     .syntax = "command [arg [arg ...]]",
     .summary = "Finds the keys among the arguments of a command.",
     .complexity = "O(N) where N is the number of arguments.",
     .since = "2.8.13"},
    {.name = "GETKEYSANDFLAGS",
     .arity = -3,
     .flags = command_flags,
     .categories = command_categories,
     .handler = command_getkeysandflags,
     .group = "server",
     .syntax = "command [arg [arg ...]]",
     .summary = "Finds the keys among the arguments of a command, and how it uses them.",
     .complexity = "O(N) where N is the number of arguments.",
     .since = "7.0.0"},
    {.name = "HELP",
     .arity = 2,
     .flags = command_flags,
     .categories = command_categories,
     .handler = command_help,
     .group = "server",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "5.0.0"},
    {.name = "INFO",
     .arity = -2,
     .flags = command_flags,
     .categories = command_categories,
     .handler = command_info,
     .group = "server",
     .syntax = "[command-name [command-name ...]]",
     .summary = "Describes commands for programs.",
     .complexity = "O(N) where N is the number of commands asked for.",
     .since = "2.8.13",
     .history = "7.0.0: Allowed to be called with no argument to get info on all commands.",
     .tips = "nondeterministic_output_order"},
    {.name = "LIST",
     .arity = -2,
     .flags = command_flags,
     .categories = command_categories,
     .handler = command_list,
     .group = "server",
     .syntax = "[FILTERBY MODULE module-name|ACLCAT category|PATTERN pattern]",
     .summary = "Lists the names of commands.",
     .complexity = "O(N) where N is the number of commands.",
     .since = "7.0.0",
     .tips = "nondeterministic_output_order"},
};

constexpr CommandSpec specs[] = {
    {.name = "COMMAND",
     .arity = -1,
     .flags = command_flags,
     .categories = command_categories,
     .handler = write_all,
     .group = "server",
     .summary = "Describes all commands for programs.",
     .complexity = "O(N) where N is the number of commands.",
     .since = "2.8.13",
     .tips = "nondeterministic_output_order",
     .subcommands = subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> command_commands() {
  return specs;
}

}  // namespace duplex::commands
