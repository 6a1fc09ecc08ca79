// MONITOR: clients that are shown every command.
#pragma once

#include "commands/command_spec.h"
#include "pubsub/loop_subscribers.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::commands {

struct Client;
struct Services;

// `1700000000.123456 [0 127.0.0.1:50412] "SET" "k" "v"`: a command as monitors see it. `source` is
// the address of the client, or "lua".
std::string monitor_line(std::int64_t now_us, int database, std::string_view source, Args args);

// The address as monitors see it: "unix:/path" for a client that came through a Unix socket.
std::string monitor_source(const Client& client);

// Ends the client's MONITOR, if it is one. Thread: the client's loop.
void stop_monitoring(Services& services, Client& client, pubsub::LoopSubscribers& subscribers);

}  // namespace duplex::commands
