// Emptying a database.
#pragma once

#include "commands/command_context.h"

namespace duplex::commands {

// Takes everything out, spoils transactions that watch any of it, and counts it as changes. The
// effect is the caller's. Requires: all shards are held.
void flush_database(CommandContext& ctx, int database);

}  // namespace duplex::commands
