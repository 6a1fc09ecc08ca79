// How long the calls of one command took: counts in narrow buckets, from which percentiles come.
#pragma once

#include "commands/counter.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace duplex::commands {

// Durations in ticks (base/ticks.h). Every power of two is divided into eight buckets, so that a
// duration is known within an eighth of itself.
//
// Thread: written by one loop, read by any.
class LatencyHistogram {
 public:
  static constexpr std::size_t steps = 8;
  static constexpr std::size_t step_bits = 3;
  static constexpr std::size_t bits_max = 40;
  static constexpr std::size_t bucket_count = steps + (bits_max - step_bits) * steps;

  static constexpr std::size_t bucket_of(std::uint64_t ticks) {
    if (ticks < steps) return static_cast<std::size_t>(ticks);
    const auto shift = static_cast<std::size_t>(std::bit_width(ticks)) - 1 - step_bits;
    const std::size_t bucket = (shift + 1) * steps + ((ticks >> shift) & (steps - 1));
    return std::min(bucket, bucket_count - 1);
  }
  // The first duration that is too long for the bucket; the last bucket has everything behind.
  static constexpr std::uint64_t end_of(std::size_t bucket) {
    if (bucket < steps) return bucket + 1;
    return static_cast<std::uint64_t>(steps + bucket % steps + 1) << (bucket / steps - 1);
  }

  void note(std::uint64_t ticks) { counts_[bucket_of(ticks)].add(1); }
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].value(); }
  void reset() {
    for (Counter& count : counts_)
      count.reset();
  }

 private:
  Counter counts_[bucket_count];
};

}  // namespace duplex::commands
