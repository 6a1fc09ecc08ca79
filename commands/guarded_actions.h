// What an operator allows to nobody, to everybody, or to clients of the same machine.
#pragma once

#include "commands/client.h"
#include "commands/command_table.h"
#include "commands/services.h"

#include <optional>
#include <string>
#include <string_view>

namespace duplex::commands {

// Whether the client may do what a directive of the values no, yes and local guards.
// Thread: the client's loop.
bool is_allowed(const Services& services, const Client& client, std::string_view directive);

// Why the client may not run a command that is marked as guarded; nothing if it may.
// Thread: the client's loop.
std::optional<std::string> guard_refusal(const Services& services,
                                         const Client& client,
                                         const Command& command);

}  // namespace duplex::commands
