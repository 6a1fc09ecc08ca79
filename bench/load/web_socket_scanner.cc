// The walk over WebSocket frames.
#include "bench/load/web_socket_scanner.h"

#include <array>

namespace duplex::load {
namespace {

constexpr unsigned close_opcode = 8;
constexpr unsigned ping_opcode = 9;
constexpr std::size_t short_length_max = 125;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes)
    value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

std::uint64_t WebSocketScanner::feed(std::string_view bytes) {
  const std::uint64_t before = tally_.deliveries;
  if (pending_.empty()) {
    pending_ = take_frames(bytes);
  } else {
    pending_.append(bytes);
    pending_.erase(0, pending_.size() - take_frames(pending_).size());
  }
  return tally_.deliveries - before;
}

std::string_view WebSocketScanner::take_frames(std::string_view bytes) {
  while (bytes.size() >= 2 && !closed_) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    const auto second = static_cast<unsigned char>(bytes[1]) & 0x7fu;
    const std::size_t length_bytes = second == 126 ? 2 : second == 127 ? 8 : 0;
    if (bytes.size() < 2 + length_bytes) break;
    const std::uint64_t length =
        length_bytes == 0 ? second : big_endian(bytes.substr(2, length_bytes));
    const std::string_view rest = bytes.substr(2 + length_bytes);
    if (rest.size() < length) break;
    take_frame(first & 0x0fu, rest.substr(0, length));
    bytes = rest.substr(length);
  }
  return bytes;
}

void WebSocketScanner::take_frame(unsigned opcode, std::string_view payload) {
  if (opcode == close_opcode) {
    closed_ = true;
    if (tally_.first_error.empty()) {
      tally_.first_error = payload.size() < 2 ? "closed" : payload.substr(2);
    }
  } else if (opcode == ping_opcode) {
    ++tally_.pings;
  } else if (opcode == text_opcode) {
    while (!payload.empty()) {
      const auto end = payload.find('\n');
      take_object(payload.substr(0, end));
      payload = end == payload.npos ? std::string_view{} : payload.substr(end + 1);
    }
  }
}

void WebSocketScanner::take_object(std::string_view object) {
  if (object.starts_with("{\"push\":")) {
    // Joins and leaves are pushes, too, but no deliveries.
    if (object.find("\"pub\":") != object.npos) ++tally_.deliveries;
  } else if (object == "{}") {
    ++tally_.pings;
  } else if (!object.empty()) {
    ++tally_.replies;
    if (tally_.first_error.empty() && object.find("\"error\":") != object.npos) {
      tally_.first_error = object;
    }
  }
}

std::string client_frame(unsigned opcode, std::string_view payload) {
  constexpr std::array<unsigned char, 4> mask = {0x37, 0xfa, 0x21, 0x3d};
  std::string frame(1, static_cast<char>(0x80u | opcode));
  if (payload.size() <= short_length_max) {
    frame += static_cast<char>(0x80u | payload.size());
  } else {
    frame += static_cast<char>(0x80u | 126u);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xffu);
  }
  for (const unsigned char byte : mask)
    frame += static_cast<char>(byte);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask[i % mask.size()]);
  }
  return frame;
}

}  // namespace duplex::load
