// CLIENT KILL.
#pragma once

namespace duplex::commands {

class CommandContext;

// The handler of CLIENT KILL, in both of its forms.
void client_kill(CommandContext& ctx);

}  // namespace duplex::commands
