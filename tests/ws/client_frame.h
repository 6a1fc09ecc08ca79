// Frames as a client sends them: masked, and wrong in any way a test wants.
#pragma once

#include "ws/frame.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::ws {

struct ClientFrame {
  Opcode opcode = Opcode::text;
  std::string_view payload{};
  bool final = true;
  unsigned reserved_bits = 0;
  bool masked = true;
  std::uint32_t mask = 0x37fa213d;
  // How the length is written: 0 shortest, else 7, 16 or 64 bits.
  unsigned length_bits = 0;
  std::optional<std::uint64_t> announced_length{};
};

inline std::string client_frame(const ClientFrame& frame) {
  std::string bytes;
  bytes += static_cast<char>((frame.final ? 0x80u : 0u) | frame.reserved_bits << 4 |
                             static_cast<unsigned>(frame.opcode));
  const std::uint64_t length = frame.announced_length.value_or(frame.payload.size());
  unsigned bits = frame.length_bits;
  if (bits == 0) bits = length <= 125 ? 7 : length <= 0xffff ? 16 : 64;
  const unsigned masked = frame.masked ? 0x80u : 0u;
  bytes += static_cast<char>(masked | (bits == 7    ? static_cast<unsigned>(length) & 0x7fu
                                       : bits == 16 ? 126u
                                                    : 127u));
  if (bits != 7)
    for (unsigned shift = bits; shift > 0; shift -= 8)
      bytes += static_cast<char>(length >> (shift - 8) & 0xff);
  std::string mask;
  for (unsigned shift = 32; shift > 0; shift -= 8)
    mask += static_cast<char>(frame.mask >> (shift - 8) & 0xff);
  if (frame.masked) bytes += mask;
  for (std::size_t i = 0; i < frame.payload.size(); ++i)
    bytes += frame.masked ? static_cast<char>(frame.payload[i] ^ mask[i % 4]) : frame.payload[i];
  return bytes;
}

inline std::string client_text(std::string_view payload) {
  return client_frame({.payload = payload});
}

inline std::string client_close(CloseCode code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xff);
  payload += reason;
  return client_frame({.opcode = Opcode::close, .payload = payload});
}

}  // namespace duplex::ws
