// The commands of every room, under the names that the configuration gives them.
#pragma once

#include "commands/command_table.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::server {

std::vector<std::span<const commands::CommandSpec>> all_families();

// Applies `rename-command` lines, in their order. Returns what is wrong with one of them.
std::optional<std::string_view> rename_commands(
    commands::CommandTable& table, std::span<const std::pair<std::string, std::string>> renames);

}  // namespace duplex::server
