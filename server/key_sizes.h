// INFO keysizes: how many values there are of which size, for each type.
#pragma once

#include "store/entry.h"
#include "store/shard_lock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace duplex::server {

// Counts of the values of one database by their size: bytes of a string, elements of a list, set,
// sorted set or hash. Streams are not counted. Sizes are put together by powers of two: what is
// counted at 8 has 8 to 15 bytes or elements.
class KeySizes {
 public:
  // Counts every key of a database, in slices between which the shard is given up: each key that
  // stays where it is meanwhile is counted once. Takes about 0.1 us a key.
  // Requires: `lock` holds all shards or none.
  void count(store::ShardLock& lock, int database);
  void add(const store::Entry& entry);

  // One line for each type that has values: "db0_distrib_strings_sizes:1=2,1K=1".
  void append_to(std::string& text, int database) const;

 private:
  static constexpr std::size_t types = 5;
  // Size 0, and one for each bit of a size.
  static constexpr std::size_t bins = 1 + 64;

  std::array<std::array<std::uint64_t, bins>, types> counts_{};
};

}  // namespace duplex::server
