// Reading and writing Engine.IO packets.
#include "ws/engine_packet.h"

#include "base/base64.h"
#include "base/random.h"
#include "ws/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace duplex::ws {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t sid_bytes = 20;

// One of our own frames at the front of `frames`: its payload, and what is behind it.
struct Frame {
  bool is_binary;
  std::string_view payload;
  std::string_view rest;
};

Frame first_frame(std::string_view frames) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(frames[at]); };
  std::size_t size = byte(1);
  std::size_t header = 2;
  if (size >= 126) {
    header += size == 126 ? 2 : 8;
    size = 0;
    for (std::size_t at = 2; at < header; ++at)
      size = size << 8 | byte(at);
  }
  return {.is_binary = (byte(0) & 0x0fu) == static_cast<unsigned>(Opcode::binary),
          .payload = frames.substr(header, size),
          .rest = frames.substr(header + size)};
}

}  // namespace

std::optional<EnginePacket> read_engine_packet(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '6') return std::nullopt;
  return EnginePacket{.type = static_cast<EngineType>(text[0]), .data = text.substr(1)};
}

std::optional<EnginePacket> EnginePayloadReader::next() {
  const std::size_t end = std::min(rest_.find(engine_separator), rest_.size());
  const std::string_view text = rest_.substr(0, end);
  ended_ = end == rest_.size();
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (!text.starts_with('b')) return read_engine_packet(text);
  auto bytes = base::decode_base64(text.substr(1));
  if (!bytes) return std::nullopt;
  bytes_ = std::move(*bytes);
  return EnginePacket{.type = EngineType::message, .is_binary = true, .data = bytes_};
}

void append_engine_payload(std::string& body, std::string_view frames) {
  while (!frames.empty()) {
    const Frame frame = first_frame(frames);
    frames = frame.rest;
    if (!body.empty()) body += engine_separator;
    if (frame.is_binary) {
      body += 'b';
      body += base::base64(frame.payload);
    } else {
      body += frame.payload;
    }
  }
}

std::string engine_open_packet(const EngineHandshake& handshake) {
  return fmt::format(
      R"(0{{"sid":"{}","upgrades":[{}],"pingInterval":{},"pingTimeout":{},"maxPayload":{}}})",
      handshake.sid,
      handshake.may_upgrade ? R"("websocket")" : "",
      handshake.ping_interval_ms,
      handshake.ping_timeout_ms,
      handshake.payload_bytes_max);
}

std::string new_engine_sid(std::size_t loop) {
  std::array<unsigned char, sid_bytes - 1> random;
  base::secure_random(random.data(), random.size());
  std::string sid(1, alphabet[loop]);
  for (const unsigned char byte : random)
    sid += alphabet[byte & 63u];
  return sid;
}

std::optional<std::size_t> loop_of_engine_sid(std::string_view sid) {
  if (sid.size() != sid_bytes) return std::nullopt;
  const std::size_t loop = alphabet.find(sid[0]);
  if (loop == std::string_view::npos) return std::nullopt;
  return loop;
}

}  // namespace duplex::ws
