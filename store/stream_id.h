// The id of an entry of a stream.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace duplex::store {

// Milliseconds since 1970 and a number within them; ids of a stream ascend.
struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t sequence = 0;

  bool is_zero() const { return ms == 0 && sequence == 0; }
  friend auto operator<=>(const StreamId&, const StreamId&) = default;

  static constexpr StreamId highest() {
    return {std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint64_t>::max()};
  }
  // The ids right behind and before this one. Requires: not the highest, not 0-0.
  StreamId next() const {
    return sequence == highest().sequence ? StreamId{ms + 1, 0} : StreamId{ms, sequence + 1};
  }
  StreamId previous() const {
    return sequence == 0 ? StreamId{ms - 1, highest().sequence} : StreamId{ms, sequence - 1};
  }
};

}  // namespace duplex::store
