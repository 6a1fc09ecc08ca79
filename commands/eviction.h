// Which keys go when memory is short: how use is remembered, and who goes first.
#pragma once

#include "base/random.h"
#include "store/entry.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// `maxmemory-policy`, in the order of its words.
enum class EvictionPolicy : std::uint8_t {
  volatile_lru,
  volatile_lfu,
  volatile_random,
  volatile_ttl,
  allkeys_lru,
  allkeys_lfu,
  allkeys_random,
  noeviction
};

// Under these, entries count how often they are used; under the others they know when.
constexpr bool counts_frequency(EvictionPolicy policy) {
  return policy == EvictionPolicy::volatile_lfu || policy == EvictionPolicy::allkeys_lfu;
}
// Under these, an entry goes the sooner the longer it has not been used.
constexpr bool counts_idle_time(EvictionPolicy policy) {
  return policy == EvictionPolicy::volatile_lru || policy == EvictionPolicy::allkeys_lru;
}
// Whether only keys that have an expiry may go.
constexpr bool takes_volatile_only(EvictionPolicy policy) {
  return policy == EvictionPolicy::volatile_lru || policy == EvictionPolicy::volatile_lfu ||
         policy == EvictionPolicy::volatile_random || policy == EvictionPolicy::volatile_ttl;
}

// What an entry keeps in its access clock (24 bits), as Redis does: seconds, or the minute of the
// last change (16 bits) and a counter (8 bits) that grows with the logarithm of the uses.
namespace access_mark {

inline constexpr std::uint32_t mask = 0xffffff;

inline std::uint32_t of_time(std::int64_t now_ms) {
  return static_cast<std::uint32_t>(now_ms / 1000) & mask;
}
// Seconds since the mark was made.
inline std::uint32_t idle_s(std::uint32_t mark, std::int64_t now_ms) {
  return (of_time(now_ms) - mark) & mask;
}

// What an RDB file or RESTORE says of an entry's use.
struct KnownUse {
  std::optional<std::uint64_t> idle_s;
  std::optional<std::uint8_t> frequency;
};
// The mark of an entry that has been used like that, as far as the policy wants to know.
std::uint32_t of_known(EvictionPolicy policy, const KnownUse& use, std::int64_t now_ms);

// `lfu-decay-time` (minutes; 0: never) and `lfu-log-factor`.
struct Frequency {
  std::int64_t decay_minutes;
  std::int64_t log_factor;

  static std::uint32_t of_new(std::int64_t now_ms);
  // The counter, as it has decayed until now.
  std::uint32_t counter(std::uint32_t mark, std::int64_t now_ms) const;
  // The mark after one more use.
  std::uint32_t used(std::uint32_t mark, std::int64_t now_ms, base::Random& random) const;
};

}  // namespace access_mark

// The best candidates that were seen while samples were taken. Those that were not evicted stay for
// the next time, so that a small sample does almost as well as a look at all keys.
//
// Thread: confined to its owner.
class EvictionPool {
 public:
  struct Candidate {
    std::uint64_t score;  // the higher the sooner it goes
    int database;
    std::string key;
  };

  void offer(std::uint64_t score, int database, std::string_view key);
  // Takes out the one that goes first; nothing if there is none.
  std::optional<Candidate> take();
  void clear() { candidates_.clear(); }

 private:
  static constexpr std::size_t candidates_max = 16;

  std::vector<Candidate> candidates_;  // ascending scores
};

}  // namespace duplex::commands
