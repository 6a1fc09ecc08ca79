// Ranges as commands write them: both ends included, negative ones counted from the end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace duplex::commands {

struct IndexRange {
  std::size_t first;
  std::size_t count;  // at least 1
};

// What a range covers of `size` elements; nothing if that is empty. Both ends before the beginning
// mean the first element, as Redis has it for strings ("GETRANGE k 0 -100").
inline std::optional<IndexRange> clamped_range(std::int64_t start,
                                               std::int64_t end,
                                               std::size_t size) {
  const auto total = static_cast<std::int64_t>(size);
  const auto place = [&](std::int64_t index) {
    return index < 0 ? std::max<std::int64_t>(index + total, 0) : index;
  };
  const std::int64_t first = place(start);
  const std::int64_t last = std::min(place(end), total - 1);
  if (first > last) return std::nullopt;
  return IndexRange{static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1)};
}

// The same, and nothing if both count from the end in the wrong order ("GETRANGE k -50 -100").
inline std::optional<IndexRange> ordered_range(std::int64_t start,
                                               std::int64_t end,
                                               std::size_t size) {
  if (start < 0 && end < 0 && start > end) return std::nullopt;
  return clamped_range(start, end, size);
}

// Of lists and sorted sets: a range that ends before the beginning is empty ("LRANGE k 0 -100").
inline std::optional<IndexRange> element_range(std::int64_t start,
                                               std::int64_t end,
                                               std::size_t size) {
  if (end < 0 && end + static_cast<std::int64_t>(size) < 0) return std::nullopt;
  return clamped_range(start, end, size);
}

}  // namespace duplex::commands
