// Compressed messages: permessage-deflate (RFC 7692), each message by itself.
#pragma once

#include "ws/frame.h"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::ws {

// Shorter messages are sent as they are.
inline constexpr std::size_t deflate_bytes_min = 512;

// Whether a Sec-WebSocket-Extensions field offers it in a way that can be accepted: windows of the
// usual size, and nothing unknown.
bool offers_deflate(std::string_view extensions);

// What the server answers to that.
inline constexpr std::string_view deflate_answer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// The payload of a compressed message; made fast rather than small.
std::string deflate_message(std::string_view message);

// The message that a payload holds, or the code that the connection has to be closed with: it is
// broken, or longer than `bytes_max`.
std::expected<std::string, CloseCode> inflate_message(std::string_view payload,
                                                      std::size_t bytes_max);

}  // namespace duplex::ws
