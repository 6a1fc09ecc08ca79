// Counts of durations in buckets whose width grows with the value.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace duplex::load {

// A histogram of nanoseconds with 64 buckets per power of two, so that a percentile is at most 1.6
// % too high. The maximum and the sum are exact. Thread: confined to its owner.
class Histogram {
 public:
  void add(std::uint64_t value, std::uint64_t times = 1) {
    counts_[bucket_of(value)] += times;
    count_ += times;
    sum_ += value * times;
    if (value > max_) max_ = value;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }
  double mean() const;
  // The smallest bucket end that at least `percent` of the values do not pass; 0 when empty.
  std::uint64_t percentile(double percent) const;

 private:
  static constexpr unsigned precision_bits = 6;
  static constexpr std::uint64_t buckets_per_octave = 1u << precision_bits;
  static constexpr std::size_t bucket_count = (64 - precision_bits + 1) * buckets_per_octave;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < buckets_per_octave) return value;
    const auto octave = static_cast<unsigned>(std::bit_width(value)) - 1 - precision_bits;
    return octave * buckets_per_octave + (value >> octave);
  }
  static std::uint64_t end_of(std::size_t bucket);

  std::array<std::uint64_t, bucket_count> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace duplex::load
