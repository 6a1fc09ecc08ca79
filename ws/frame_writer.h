// Frames from the server: whole messages, never masked, so that one frame serves all receivers.
#pragma once

#include "base/buffer.h"
#include "ws/frame.h"

#include <string>
#include <string_view>

namespace duplex::ws {

// Appends one final frame. Requires of control frames: payload.size() <= control_payload_bytes_max.
void append_frame(base::Buffer& out, Opcode opcode, std::string_view payload);

std::string encode_frame(Opcode opcode, std::string_view payload);
// The same for a message that is compressed, if it is long enough for that (deflate.h).
std::string encode_deflated_frame(Opcode opcode, std::string_view message);

// A close frame; `reason` is cut to what fits, at a character's border.
// Requires: is_sendable(code), or no_status for a frame without code and reason.
std::string encode_close(CloseCode code, std::string_view reason);

}  // namespace duplex::ws
