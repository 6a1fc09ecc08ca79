// Frames from a client, out of bytes that arrive in pieces of any size. Does no I/O.
#pragma once

#include "base/buffer.h"
#include "base/utf8.h"
#include "ws/frame.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::ws {

struct FrameLimits {
  std::size_t message_bytes_max = std::size_t{64} << 10;
  std::uint32_t fragments_max = 1024;  // frames of one message
  bool compressed = false;             // messages may be compressed
};

// Puts fragments together, removes the mask, checks everything RFC 6455 demands of a client, and
// fails at the first byte that cannot be right: a wrong header at its second byte, text at the
// first byte that is not UTF-8, a message at the header that would exceed the limit.
//
// Holds no memory between messages once release_idle_memory() was called.
//
// Thread: confined to its session.
// Invariant: buffer_ = the unmasked bytes of the open message, then those of the open control
// frame.
class FrameParser {
 public:
  enum class Event : std::uint8_t {
    need_more,  // the input is used up
    text,
    binary,
    ping,
    pong,
    close,
    failed,  // for good; see failure()
  };

  // The code that the connection has to be closed with, and why.
  struct Failure {
    CloseCode code = 0;
    std::string_view reason;
  };

  explicit FrameParser(FrameLimits limits) : limits_(limits) {}

  // Consumes the front of `input` up to the end of the next complete message or control frame.
  Event next(std::string_view& input);

  // What came with the last event, without a close frame's code. Valid until the next call of
  // next() or release_idle_memory().
  std::string_view payload() const;
  // The last message is compressed: its limit and its text are still to be checked.
  bool is_compressed() const { return compressed_; }
  const FrameLimits& limits() const { return limits_; }
  // Of the last close frame; no_status if it had none.
  CloseCode close_code() const { return close_code_; }
  const Failure& failure() const { return failure_; }

  // To be called when the input is used up: an idle connection keeps no buffer.
  void release_idle_memory();

 private:
  enum class Delivered : std::uint8_t { nothing, message, control };

  bool read_header(std::string_view& input);
  bool check_first_bytes();
  bool start_frame(std::uint64_t length);
  bool read_payload(std::string_view& input);
  Event finish_frame();
  Event finish_close();
  void forget_delivered();
  bool fail(CloseCode code, std::string_view reason);

  FrameLimits limits_;
  Failure failure_;
  base::Buffer buffer_;
  std::uint64_t payload_missing_ = 0;
  std::size_t message_bytes_ = 0;  // of buffer_
  std::uint32_t fragments_ = 0;    // frames of the open message; 0: none is open
  CloseCode close_code_ = close_codes::no_status;
  std::array<unsigned char, 14> header_{};
  std::uint8_t header_bytes_ = 0;  // read so far
  std::uint8_t header_size_ = 2;   // grows when the length is known
  std::array<unsigned char, 4> mask_{};
  Opcode opcode_ = Opcode::continuation;  // of the open frame
  Opcode message_opcode_ = Opcode::text;
  bool final_ = false;
  bool compressed_ = false;  // the open message
  bool in_payload_ = false;
  Delivered delivered_ = Delivered::nothing;
  base::Utf8Validator text_;
};

}  // namespace duplex::ws
