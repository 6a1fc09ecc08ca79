// DEBUG's subcommands about values: how they are kept, their digests, making and remaking them.
#pragma once

#include "commands/command_context.h"

namespace duplex::commands {

// Handlers that DEBUG has found by their names and numbers of arguments.

void debug_digest(CommandContext& ctx);
void debug_digest_value(CommandContext& ctx);
void debug_htstats(CommandContext& ctx);
void debug_htstats_key(CommandContext& ctx);
void debug_listpack(CommandContext& ctx);
void debug_object(CommandContext& ctx);
void debug_populate(CommandContext& ctx);
void debug_quicklist(CommandContext& ctx);
void debug_reload(CommandContext& ctx);
void debug_sdslen(CommandContext& ctx);

}  // namespace duplex::commands
