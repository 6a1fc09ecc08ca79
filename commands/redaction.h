// Which arguments of a command are secrets: neither logs nor monitors may show them.
#pragma once

#include "commands/command_spec.h"
#include "commands/command_table.h"

#include <string_view>
#include <vector>

namespace duplex::commands {

class ConfigAccess;

// The arguments, with "(redacted)" where a secret stands. Valid as long as `args`.
std::vector<std::string_view> without_secrets(const Command& command,
                                              Args args,
                                              const ConfigAccess& config);

}  // namespace duplex::commands
