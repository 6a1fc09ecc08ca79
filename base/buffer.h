// Growable bytes with a read position and a write position.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace duplex::base {

// Bytes are appended at the end and consumed at the front.
//
//   | consumed | readable (view)      | writable (prepare) |
//   0          begin_                 end_                 capacity_
//
// A view stays valid until the next call that is not const.
// Thread: confined to its owner.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::move(other.data_)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }

  std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  const char* data() const { return data_.get() + begin_; }
  char* data() { return data_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  // Returns room for `bytes` more bytes behind the readable ones; commit() makes them readable.
  char* prepare(std::size_t bytes) {
    if (capacity_ - end_ < bytes) [[unlikely]]
      make_room(bytes);
    return data_.get() + end_;
  }
  // Requires: bytes <= what the last prepare() was asked for.
  void commit(std::size_t bytes) {
    end_ += bytes;
    DUPLEX_DCHECK(end_ <= capacity_);
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void append(char byte) {
    *prepare(1) = byte;
    ++end_;
  }

  // Requires: bytes <= size().
  void consume(std::size_t bytes) {
    DUPLEX_DCHECK(bytes <= size());
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Forgets readable bytes at the end. Requires: bytes <= size().
  void truncate(std::size_t bytes) { end_ = begin_ + bytes; }

  void clear() { begin_ = end_ = 0; }
  // Gives the memory back.
  void release() { *this = Buffer(); }

 private:
  void make_room(std::size_t bytes);

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace duplex::base
