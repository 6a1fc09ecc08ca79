// Headers of frames from the server.
#include "ws/frame_writer.h"

#include "base/assert.h"

namespace duplex::ws {

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  DUPLEX_ASSERT(!is_control(opcode) || payload.size() <= control_payload_bytes_max);
  out += static_cast<char>(0x80u | static_cast<unsigned>(opcode));
  std::size_t length_bytes = 0;
  if (payload.size() <= 125) {
    out += static_cast<char>(payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(126);
    length_bytes = 2;
  } else {
    out += static_cast<char>(127);
    length_bytes = 8;
  }
  for (std::size_t i = length_bytes; i > 0; --i)
    out += static_cast<char>(payload.size() >> (8 * (i - 1)) & 0xff);
  out += payload;
}

std::string encode_frame(Opcode opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 10);
  append_frame(frame, opcode, payload);
  return frame;
}

std::string encode_close(CloseCode code, std::string_view reason) {
  std::string body;
  if (code != close_codes::no_status) {
    DUPLEX_ASSERT(is_sendable(code));
    if (reason.size() > close_reason_bytes_max) {
      std::size_t size = close_reason_bytes_max;
      while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xc0u) == 0x80u)
        --size;
      reason = reason.substr(0, size);
    }
    body += static_cast<char>(code >> 8);
    body += static_cast<char>(code & 0xff);
    body += reason;
  }
  return encode_frame(Opcode::close, body);
}

}  // namespace duplex::ws
