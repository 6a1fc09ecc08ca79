// The command families of this room.
#pragma once

#include "commands/command_spec.h"

#include <span>
#include <vector>

namespace duplex::script {

std::span<const commands::CommandSpec> eval_commands();
std::span<const commands::CommandSpec> script_commands();
std::span<const commands::CommandSpec> function_commands();

// All of them, for the command table.
std::vector<std::span<const commands::CommandSpec>> command_families();

}  // namespace duplex::script
