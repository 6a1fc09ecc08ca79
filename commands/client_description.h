// A client as CLIENT LIST and CLIENT INFO show it.
#pragma once

#include "commands/client.h"

#include <cstdint>
#include <string>

namespace duplex::commands {

// Whether the client is in at least one channel or pattern.
bool is_subscriber(const Client& client);

// One line of CLIENT LIST, in Valkey 8's order, without the line's end. Thread: under the
// registry's lock, or on the client's loop.
std::string describe(const Client& client, std::int64_t now_ms);

}  // namespace duplex::commands
