// The page docs/commands.md, written from the command table.
#include "commands/command_markdown.h"

#include "base/text.h"
#include "commands/command_docs.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

// "CONFIG GET parameter [parameter ...]".
std::string request_line(const Command& command) {
  std::string line;
  if (command.container != nullptr) line = std::string(command.container->spec->name) + " ";
  line += command.spec->name;
  if (!command.spec->syntax.empty()) line += fmt::format(" {}", command.spec->syntax);
  return line;
}

void append_command(std::string& page, const Command& command) {
  const CommandSpec& spec = *command.spec;
  page += fmt::format("* **`{}`**: {} ", request_line(command), spec.summary);
  if (!spec.complexity.empty())
    page += fmt::format("{}{} ", spec.complexity, spec.complexity.ends_with('.') ? "" : ".");
  page += fmt::format("Since {}.", spec.since);
  if (!spec.deprecated_since.empty())
    page += fmt::format(" Deprecated since {}: {}.", spec.deprecated_since, spec.replaced_by);
  page += '\n';
  for (const HistoryEntry& entry : history_of(spec))
    page += fmt::format("  * {}: {}\n", entry.version, entry.change);
  for (const Command* sub : command.subcommands)
    append_command(page, *sub);
}

}  // namespace

std::string commands_markdown(const CommandTable& table) {
  std::map<std::string_view, std::vector<const Command*>> groups;
  for (const Command* command : table.commands())
    groups[command->spec->group].push_back(command);
  std::string page = fmt::format(
      "# Commands\n\n"
      "The {} commands of this server, by group. This page is written from the command table, "
      "which is\n"
      "also what `COMMAND DOCS` answers from; versions are those of Redis.\n",
      table.commands().size());
  for (const auto& [name, commands] : groups) {
    page += fmt::format("\n## {}{}\n\n", base::upper(name[0]), name.substr(1));
    for (const Command* command : commands)
      append_command(page, *command);
  }
  return page;
}

}  // namespace duplex::commands
