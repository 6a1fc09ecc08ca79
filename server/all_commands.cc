// The commands of every room, under the names that the configuration gives them.
#include "server/all_commands.h"

#include "commands/families.h"
#include "realtime/families.h"
#include "script/families.h"

namespace duplex::server {

std::vector<std::span<const commands::CommandSpec>> all_families() {
  auto families = commands::command_families();
  for (const auto family : script::command_families())
    families.push_back(family);
  for (const auto family : realtime::command_families())
    families.push_back(family);
  return families;
}

std::optional<std::string_view> rename_commands(
    commands::CommandTable& table, std::span<const std::pair<std::string, std::string>> renames) {
  for (const auto& [from, to] : renames)
    if (const auto problem = table.rename(from, to)) return problem;
  return std::nullopt;
}

}  // namespace duplex::server
