// Headers of frames from the server.
#include "ws/frame_writer.h"

#include "base/assert.h"
#include "ws/deflate.h"

#include <array>
#include <cstddef>

namespace duplex::ws {

namespace {

struct Header {
  std::array<char, 10> bytes;
  std::size_t size;
  std::string_view view() const { return {bytes.data(), size}; }
};

Header header_of(Opcode opcode, std::size_t payload_bytes) {
  DUPLEX_ASSERT(!is_control(opcode) || payload_bytes <= control_payload_bytes_max);
  Header header;
  header.bytes[0] = static_cast<char>(0x80u | static_cast<unsigned>(opcode));
  header.size = 2;
  std::size_t length_bytes = 0;
  if (payload_bytes <= 125) {
    header.bytes[1] = static_cast<char>(payload_bytes);
  } else if (payload_bytes <= 0xffff) {
    header.bytes[1] = static_cast<char>(126);
    length_bytes = 2;
  } else {
    header.bytes[1] = static_cast<char>(127);
    length_bytes = 8;
  }
  for (std::size_t i = length_bytes; i > 0; --i)
    header.bytes[header.size++] = static_cast<char>(payload_bytes >> (8 * (i - 1)) & 0xff);
  return header;
}

}  // namespace

void append_frame(base::Buffer& out, Opcode opcode, std::string_view payload) {
  out.append(header_of(opcode, payload.size()).view());
  out.append(payload);
}

std::string encode_frame(Opcode opcode, std::string_view payload) {
  const Header header = header_of(opcode, payload.size());
  std::string frame;
  frame.reserve(header.size + payload.size());
  frame += header.view();
  frame += payload;
  return frame;
}

std::string encode_deflated_frame(Opcode opcode, std::string_view message) {
  if (message.size() < deflate_bytes_min) return encode_frame(opcode, message);
  std::string frame = encode_frame(opcode, deflate_message(message));
  frame[0] = static_cast<char>(static_cast<unsigned char>(frame[0]) | 0x40u);
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
