// The command families of this room.
#pragma once

#include "commands/command_spec.h"

#include <span>
#include <vector>

namespace duplex::realtime {

std::span<const commands::CommandSpec> control_commands();
std::span<const commands::CommandSpec> history_commands();
std::span<const commands::CommandSpec> live_commands();
std::span<const commands::CommandSpec> presence_commands();
std::span<const commands::CommandSpec> reply_commands();

// All of them, for the command table.
std::vector<std::span<const commands::CommandSpec>> command_families();

}  // namespace duplex::realtime
