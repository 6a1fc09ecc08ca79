// MULTI, EXEC, DISCARD, WATCH and UNWATCH.
#pragma once

#include "commands/client.h"
#include "commands/command_spec.h"
#include "commands/watchers.h"

#include <span>

namespace duplex::commands {

std::span<const CommandSpec> transaction_commands();

// True for EXEC, which the executor runs itself: it locks for all that is queued.
bool is_exec(const Command& command);

// Forgets the queue and the watched keys.
void discard_transaction(Client& client, Watchers& watchers);
void unwatch_all(Client& client, Watchers& watchers);

}  // namespace duplex::commands
