// The fields and values of a small hash, read one after the other.
#include "store/packed_pairs.h"

#include <cstring>

namespace duplex::store {

std::size_t PackedPairs::count() const {
  std::size_t elements = 0;
  for (const char* at = begin_; at != end_; at = next(at))
    ++elements;
  return elements / 2;
}

const char* PackedPairs::field_at(std::size_t index) const {
  const char* at = begin_;
  for (; index > 0; --index)
    at = next(next(at));
  return at;
}

const char* PackedPairs::find(std::string_view text) const {
  const ListpackNeedle needle(text);
  const char* at = begin_;
  while (at != end_ && !needle.matches(listpack_element::item_of(at)))
    at = next(next(at));
  return at;
}

std::size_t PackedPairs::compact_bytes() const {
  std::size_t bytes = 0;
  for (const char* at = begin_; at != end_; at = next(at))
    bytes += listpack_element::body_bytes(at);
  return bytes;
}

void PackedPairs::write_compact(char* out) const {
  for (const char* at = begin_; at != end_; at = next(at)) {
    const std::size_t body = listpack_element::body_bytes(at);
    std::memcpy(out, at, body);
    out += body;
  }
}

}  // namespace duplex::store
