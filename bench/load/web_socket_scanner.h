// Counts the messages that a WebSocket server pushes in the native JSON protocol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::load {

// Walks unmasked server frames in pieces of any size. A text frame carries JSON objects, one a
// line: a push is a delivery, an object with an id is a reply, an empty object is a ping. Thread:
// confined to its owner. Invariant: pending_ holds an incomplete frame, from its first byte.
class WebSocketScanner {
 public:
  struct Tally {
    std::uint64_t deliveries = 0;
    std::uint64_t replies = 0;
    std::uint64_t pings = 0;  // protocol pings `{}` and WebSocket pings; each wants an answer
    std::string first_error;  // the first reply with an error, or the close frame's reason
  };

  // Returns how many deliveries were completed by `bytes`.
  std::uint64_t feed(std::string_view bytes);

  const Tally& tally() const { return tally_; }
  bool is_closed() const { return closed_; }

 private:
  // Consumes the complete frames at the front, and returns what is left.
  std::string_view take_frames(std::string_view bytes);
  void take_frame(unsigned opcode, std::string_view payload);
  void take_object(std::string_view object);

  Tally tally_;
  std::string pending_;
  bool closed_ = false;
};

// A final client frame: masked, as RFC 6455 demands of clients. Requires: payload < 64 KiB.
std::string client_frame(unsigned opcode, std::string_view payload);

inline constexpr unsigned text_opcode = 1;

}  // namespace duplex::load
