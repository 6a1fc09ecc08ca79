// The command families of this room, one table each.
#pragma once

#include <span>
#include <vector>

#include "commands/command_spec.h"

namespace duplex::commands {

std::span<const CommandSpec> client_commands();
std::span<const CommandSpec> connection_commands();
std::span<const CommandSpec> pubsub_commands();

// All of them, for the command table.
std::vector<std::span<const CommandSpec>> command_families();

}  // namespace duplex::commands
