// The table of skewed draws.
#include "bench/load/key_source.h"

#include <algorithm>
#include <cmath>

namespace duplex::load {
namespace {

constexpr std::size_t draws = std::size_t{1} << 20;
// An odd factor is a bijection on 64 bits; it scatters the popular keys over the key space, so that
// they are not neighbours in anybody's tables.
constexpr std::uint64_t scatter = 0x9e3779b97f4a7c15u;

}  // namespace

KeySource::KeySource(Distribution distribution, std::uint64_t keys, double skew, std::uint64_t seed)
    : distribution_(distribution), keys_(keys), state_(seed) {
  if (distribution == Distribution::zipf) draw_zipf(skew);
}

// Rank r is drawn with a probability in proportion to 1 / r^skew, by looking a random number up in
// the running sums.
void KeySource::draw_zipf(double skew) {
  std::vector<double> sums(keys_);
  double sum = 0;
  for (std::uint64_t rank = 0; rank < keys_; ++rank) {
    sum += std::pow(static_cast<double>(rank + 1), -skew);
    sums[rank] = sum;
  }
  drawn_.reserve(draws);
  for (std::size_t i = 0; i < draws; ++i) {
    const double point = sum * static_cast<double>(random() >> 11) * 0x1.0p-53;
    const auto found = std::ranges::lower_bound(sums, point) - sums.begin();
    const auto rank = std::min(static_cast<std::uint64_t>(found), keys_ - 1);
    drawn_.push_back(static_cast<std::uint32_t>((rank * scatter) % keys_));
  }
  position_ = below(draws);
}

}  // namespace duplex::load
