// The growth of Buffer.
#include "base/buffer.h"

#include <algorithm>

namespace duplex::base {

namespace {
constexpr std::size_t smallest_capacity = 256;
// Beyond this, capacity grows by a quarter instead of doubling, so that large buffers waste little.
constexpr std::size_t doubling_bytes_max = std::size_t{1} << 20;
}  // namespace

void Buffer::make_room(std::size_t bytes) {
  const std::size_t used = size();
  // Moving the readable bytes to the front is enough when at least half of the room is consumed.
  if (capacity_ - used >= bytes && begin_ >= capacity_ / 2) {
    std::memmove(data_.get(), data_.get() + begin_, used);
    begin_ = 0;
    end_ = used;
    return;
  }
  std::size_t grown = capacity_ < doubling_bytes_max ? capacity_ * 2 : capacity_ + capacity_ / 4;
  grown = std::max({grown, used + bytes, smallest_capacity});
  auto data = std::make_unique_for_overwrite<char[]>(grown);
  if (used != 0) std::memcpy(data.get(), data_.get() + begin_, used);
  data_ = std::move(data);
  capacity_ = grown;
  begin_ = 0;
  end_ = used;
}

}  // namespace duplex::base
