// CLIENT PAUSE, UNPAUSE and UNBLOCK: when others go on.
#pragma once

namespace duplex::commands {

class CommandContext;

void client_pause(CommandContext& ctx);
void client_unpause(CommandContext& ctx);
void client_unblock(CommandContext& ctx);

}  // namespace duplex::commands
