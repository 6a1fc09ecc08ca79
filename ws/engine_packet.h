// Packets of Engine.IO 4: one text frame or one binary frame each, or many in a polling body.
//
// Normative description: docs/socket_io.md. Does no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// The first character of a text packet.
enum class EngineType : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6',
};

struct EnginePacket {
  EngineType type = EngineType::noop;
  bool is_binary = false;   // only messages are
  std::string_view data{};  // without the type
};

// Between the packets of a polling body.
inline constexpr char engine_separator = '\x1e';

// A text frame's packet, a view into it; nothing if the type is unknown.
std::optional<EnginePacket> read_engine_packet(std::string_view text);

// Reads a polling body, packet by packet. A binary packet there is `b` and base64.
// Views that it returns are valid until the next call.
class EnginePayloadReader {
 public:
  explicit EnginePayloadReader(std::string_view body) : rest_(body) {}

  bool at_end() const { return ended_; }
  // The next packet; nothing if it is malformed. Requires: !at_end().
  std::optional<EnginePacket> next();

 private:
  std::string_view rest_;
  std::string bytes_;  // of the last binary packet
  bool ended_ = false;
};

// Appends to a polling body the packets of one or more complete WebSocket frames from us, so that
// a packet is encoded once for both transports.
void append_engine_payload(std::string& body, std::string_view frames);

// What the first packet tells a client.
struct EngineHandshake {
  std::string_view sid;
  bool may_upgrade = false;
  std::int64_t ping_interval_ms = 25'000;
  std::int64_t ping_timeout_ms = 20'000;
  std::size_t payload_bytes_max = 1'000'000;
};
std::string engine_open_packet(const EngineHandshake& handshake);

// Ids have room for this many loops.
inline constexpr std::size_t engine_loops_max = 64;

// 20 characters that nobody can guess. The first one tells the loop that keeps the session, so that
// any loop knows where to send a request; the others are random. Requires: loop < engine_loops_max.
std::string new_engine_sid(std::size_t loop);
// The loop in a session's id; nothing if it is not an id.
std::optional<std::size_t> loop_of_engine_sid(std::string_view sid);

}  // namespace duplex::ws
