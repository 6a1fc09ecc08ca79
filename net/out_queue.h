// What a socket still has to send: own bytes and shared messages, in order.
#pragma once

#include "base/buffer.h"
#include "base/shared_bytes.h"

#include <cstddef>
#include <span>
#include <sys/uio.h>
#include <vector>

namespace duplex::net {

// Shared messages up to this size are copied: a reference and a gathered write cost more.
inline constexpr std::size_t copied_message_bytes_max = 1024;
// A drained queue that once grew beyond this gives its memory back.
inline constexpr std::size_t retained_queue_bytes_max = 64 * 1024;

// A queue of bytes in two parts: sealed segments, whose memory never moves until they are consumed,
// and the tail, a plain buffer that grows. Most sockets only ever use the tail.
//
//   sealed: [buffer][shared][buffer] | tail: growing buffer
//
// Thread: confined to its socket's loop.
class OutQueue {
 public:
  // Bytes are appended here. The reference stays good for the life of the queue; only append to it
  // and cut off what was appended since the last append_shared().
  base::Buffer& tail() { return tail_; }
  void append_shared(base::SharedBytes bytes);

  bool empty() const { return sealed_bytes_ == 0 && tail_.empty(); }
  std::size_t size() const { return sealed_bytes_ + tail_.size(); }

  // Makes everything queued so far sealed.
  void seal();
  bool has_sealed() const { return sealed_bytes_ != 0; }

  struct Gathered {
    std::size_t segments = 0;
    std::size_t bytes = 0;
  };
  // Points `segments` at the front of the queue, at most bytes_max bytes of it. Sealed bytes stay
  // where they are until consumed; those of the tail until something is appended.
  Gathered gather(std::span<iovec> segments, std::size_t bytes_max);

  // Forgets bytes at the front. Requires: bytes <= size().
  void consume(std::size_t bytes);
  void clear();

 private:
  struct Segment {
    base::Buffer own;
    base::SharedBytes shared;  // null: `own` holds the bytes
    std::size_t consumed = 0;  // of `shared`

    const char* data() const { return shared ? shared->data() + consumed : own.data(); }
    std::size_t size() const { return shared ? shared->size() - consumed : own.size(); }
  };

  base::Buffer tail_;
  std::vector<Segment> sealed_;
  std::size_t first_ = 0;  // index of the first segment that is not consumed
  std::size_t sealed_bytes_ = 0;
};

}  // namespace duplex::net
