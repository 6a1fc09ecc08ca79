// The page docs/commands.md, written from the command table.
#pragma once

#include "commands/command_table.h"

#include <string>

namespace duplex::commands {

std::string commands_markdown(const CommandTable& table);

}  // namespace duplex::commands
