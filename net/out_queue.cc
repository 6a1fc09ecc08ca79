// Gathering and consuming a socket's queue.
#include "net/out_queue.h"

#include "base/assert.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace duplex::net {

void OutQueue::append_shared(base::SharedBytes bytes) {
  if (bytes->size() <= copied_message_bytes_max) {
    tail_.append(*bytes);
    return;
  }
  seal();
  sealed_bytes_ += bytes->size();
  sealed_.push_back(Segment{.own = {}, .shared = std::move(bytes)});
}

void OutQueue::seal() {
  if (tail_.empty()) return;
  sealed_bytes_ += tail_.size();
  sealed_.push_back(Segment{.own = std::move(tail_), .shared = nullptr});
}

OutQueue::Gathered OutQueue::gather(std::span<iovec> segments, std::size_t bytes_max) {
  Gathered gathered;
  auto add = [&](const char* data, std::size_t size) {
    size = std::min(size, bytes_max - gathered.bytes);
    if (size == 0 || gathered.segments == segments.size()) return;
    // The kernel only reads what a send's iovec names.
    segments[gathered.segments++] = {.iov_base = const_cast<char*>(data), .iov_len = size};
    gathered.bytes += size;
  };
  for (std::size_t i = first_; i < sealed_.size() && gathered.segments < segments.size(); ++i)
    add(sealed_[i].data(), sealed_[i].size());
  // The tail comes last, so it may only follow when every sealed segment is in.
  if (gathered.bytes == sealed_bytes_) add(tail_.data(), tail_.size());
  return gathered;
}

void OutQueue::consume(std::size_t bytes) {
  DUPLEX_ASSERT(bytes <= size());
  while (bytes != 0 && sealed_bytes_ != 0) {
    Segment& front = sealed_[first_];
    const std::size_t taken = std::min(bytes, front.size());
    if (front.shared)
      front.consumed += taken;
    else
      front.own.consume(taken);
    bytes -= taken;
    sealed_bytes_ -= taken;
    if (front.size() == 0) {
      front = Segment{};
      ++first_;
    }
  }
  tail_.consume(bytes);
  if (sealed_bytes_ == 0) {
    sealed_.clear();
    first_ = 0;
    if (sealed_.capacity() > retained_queue_bytes_max / sizeof(Segment))
      sealed_ = std::vector<Segment>();
  } else if (first_ > sealed_.size() / 2) {
    sealed_.erase(sealed_.begin(), sealed_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  if (tail_.empty() && tail_.capacity() > retained_queue_bytes_max) tail_.release();
}

void OutQueue::clear() {
  sealed_ = std::vector<Segment>();
  first_ = 0;
  sealed_bytes_ = 0;
  tail_.release();
}

}  // namespace duplex::net
