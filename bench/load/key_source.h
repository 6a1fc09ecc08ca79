// Which key a request touches: uniform, skewed, or one after the other.
#pragma once

#include "bench/load/options.h"

#include <cstdint>
#include <vector>

namespace duplex::load {

// Draws key numbers in [0, keys). A skewed draw reads a table made at the start, because a power
// per request would cost the client more than the request costs the server. Thread: confined to its
// owner.
class KeySource {
 public:
  KeySource(Distribution distribution, std::uint64_t keys, double skew, std::uint64_t seed);

  std::uint64_t next() {
    switch (distribution_) {
      case Distribution::uniform:
        return below(keys_);
      case Distribution::zipf:
        return drawn_[++position_ & (drawn_.size() - 1)];
      case Distribution::sequential:
        return position_++ % keys_;
    }
    return 0;
  }
  // A number in [0, bound) from the same seeded stream. Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(random()) * bound) >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  std::uint64_t random() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
  }
  void draw_zipf(double skew);

  Distribution distribution_;
  std::uint64_t keys_;
  std::uint64_t state_;
  std::uint64_t position_ = 0;
  std::vector<std::uint32_t> drawn_;  // its size is a power of two
};

}  // namespace duplex::load
