// A client as CLIENT LIST and CLIENT INFO show it.
#pragma once

#include "commands/client.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::commands {

// Whether the client is in at least one channel or pattern.
bool is_subscriber(const Client& client);

// Whom the client has its invalidations sent to: 0 nobody else, -1 if it does not track.
std::int64_t tracking_redirect_of(const Client& client);

// What CLIENT LIST TYPE calls the client.
std::string_view type_of(const Client& client);
// The type that a name or an old name of one means, in the words of type_of(); "replica" and
// "primary" exist, though no client is one. Empty if there is no such type.
std::optional<std::string_view> client_type(std::string_view name);

// Bytes that the client takes up: itself, what it has sent, what it is to be sent, and what MULTI
// has queued. Thread: under the registry's lock, or on the client's loop; a recent value.
std::size_t memory_of(const Client& client);

// One line of CLIENT LIST, in Valkey 8's order, without the line's end. Thread: under the
// registry's lock, or on the client's loop.
std::string describe(const Client& client, std::int64_t now_ms);

}  // namespace duplex::commands
