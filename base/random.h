// A small seeded random generator: fast enough for eviction samples, never for secrets.
#pragma once

#include <bit>
#include <cstdint>

namespace duplex::base {

// xoshiro-like mixing over one word of state (SplitMix64).
// Thread: confined to its owner.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // A number in [0, bound). Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  std::uint64_t state_;
};

// Bytes from the kernel's generator, for seeds, ids and secrets.
void secure_random(void* out, std::uint64_t bytes);

}  // namespace duplex::base
