// The page docs/commands.md, written from the command table.
#pragma once

#include <string>

#include "commands/command_table.h"

namespace duplex::commands {

std::string commands_markdown(const CommandTable& table);

}  // namespace duplex::commands
