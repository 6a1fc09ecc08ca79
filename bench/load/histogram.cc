// Percentiles of a histogram.
#include "bench/load/histogram.h"

#include <algorithm>
#include <cmath>

namespace duplex::load {

double Histogram::mean() const {
  return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

std::uint64_t Histogram::percentile(double percent) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100.0));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted && seen > 0) return std::min(end_of(bucket), max_);
  }
  return max_;
}

std::uint64_t Histogram::end_of(std::size_t bucket) {
  if (bucket < buckets_per_octave) return bucket;
  // bucket_of() adds the octave to a mantissa that already has its leading one.
  const auto octave = bucket / buckets_per_octave - 1;
  const auto mantissa = bucket - octave * buckets_per_octave;
  return ((mantissa + 1) << octave) - 1;
}

}  // namespace duplex::load
