// What a back end knows of a socket: its descriptor, its output, and what is under way.
#pragma once

#include "net/out_queue.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace duplex::net {

// The seam between Socket and Backend. The back end moves bytes and reports through the four
// virtual functions, all called on the loop's thread.
//
// Lifetime: a back end may hold a pointer to a transfer while under_way > 0 or sending is not
// none; whoever owns the transfer keeps it until then.
class Transfer {
 public:
  explicit Transfer(int descriptor) : fd(descriptor) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Input, in order. The bytes are valid during the call.
  virtual void received(std::span<const char> bytes) = 0;
  // The peer will send nothing more. The back end stops receiving by itself.
  virtual void input_ended() = 0;
  // The connection is broken; `error` is an errno.
  virtual void failed(int error) = 0;
  // This many bytes at the front of the queue are the kernel's now; the receiver of the call
  // consumes them. Zero: the last try brought nothing, a further send() is welcome.
  virtual void sent(std::size_t bytes) = 0;

  // at_once: a send that the submit either finishes or reports (io_uring only).
  // waiting: the kernel has the bytes, or the promise to tell when there is room.
  enum class Sending : std::uint8_t { none, at_once, waiting };

  const int fd;
  OutQueue output;

  // Book-keeping of the back end.
  bool receive_wanted = false;
  bool receive_armed = false;
  bool congested = false;          // the last try was short: the next one may wait for room
  bool completion_wanted = false;  // somebody waits for this output to leave
  Sending sending = Sending::none;
  std::uint32_t under_way = 0;  // completions that are still to come
  std::uint32_t epoll_events = 0;
  std::size_t sending_bytes = 0;

 protected:
  ~Transfer() = default;
};

}  // namespace duplex::net
