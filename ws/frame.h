// The words of a WebSocket frame (RFC 6455, sections 5.2 and 7.4).
#pragma once

#include <cstddef>
#include <cstdint>

namespace duplex::ws {

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xa,
};

constexpr bool is_control(Opcode opcode) {
  return (static_cast<unsigned>(opcode) & 0x8u) != 0;
}

inline constexpr std::size_t control_payload_bytes_max = 125;
inline constexpr std::size_t close_reason_bytes_max = control_payload_bytes_max - 2;

using CloseCode = std::uint16_t;

namespace close_codes {

inline constexpr CloseCode normal = 1000;
inline constexpr CloseCode going_away = 1001;
inline constexpr CloseCode protocol_error = 1002;
inline constexpr CloseCode no_status = 1005;  // never on the wire: the frame had no code
inline constexpr CloseCode invalid_payload = 1007;
inline constexpr CloseCode message_too_big = 1009;

}  // namespace close_codes

// May a peer send this code?
constexpr bool is_sendable(CloseCode code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

}  // namespace duplex::ws
