// MIGRATE's way over the network.
#pragma once

#include "commands/migration.h"
#include "net/event_loop.h"

#include <functional>
#include <memory>

namespace duplex::net {

// Sends the keys to their target and notes which ones it has taken, and what went wrong; then calls
// `done` on the loop's thread. If the loop ends before, it is not called.
// Thread: the loop's.
void send_migration(EventLoop& loop,
                    std::shared_ptr<commands::Migration> migration,
                    std::function<void()> done);

}  // namespace duplex::net
