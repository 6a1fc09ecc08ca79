// HOTKEYS: which keys and shards are used most, while somebody wants to know.
#pragma once

#include "base/mutex.h"
#include "commands/top_keys.h"
#include "store/hashed_key.h"
#include "store/keyspace.h"

#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace duplex::commands {

struct HotKeysOptions {
  using Slots = std::bitset<store::slot_count>;

  bool by_cpu = false;
  bool by_net = false;
  std::size_t count = 10;        // how many keys are reported
  std::int64_t duration_ms = 0;  // 0: until it is stopped
  std::uint32_t sample_ratio = 1;
  std::optional<Slots> slots;  // only keys of these
};

struct HotKeysReport {
  using Ranking = std::vector<std::pair<std::string, std::uint64_t>>;
  // Times in microseconds; of all commands that have keys, of those in the chosen slots, and of
  // those among them that were sampled.
  struct Sums {
    std::uint64_t us = 0;
    std::uint64_t bytes = 0;
  };
  struct Shard {
    std::size_t number = 0;
    std::uint64_t accesses = 0;
    std::uint64_t us = 0;
    std::uint64_t waits = 0;  // for its lock
  };

  bool is_active = false;
  HotKeysOptions options;
  std::int64_t started_ms = 0;
  std::int64_t took_ms = 0;
  std::int64_t user_cpu_ms = 0;  // of the process
  std::int64_t system_cpu_ms = 0;
  Sums all;
  Sums selected;
  Sums sampled;
  Ranking by_cpu;
  Ranking by_net;
  Ranking by_accesses;
  std::vector<Shard> shards;  // the busiest first
};

// One profile at a time. Each loop counts for itself; a report puts the counts together.
//
// Thread: any.
class HotKeys {
 public:
  explicit HotKeys(std::size_t loops);
  ~HotKeys();

  bool is_active() const { return active_.load(std::memory_order_relaxed); }
  // Whether the profile's time is over: it has to be stopped.
  bool is_over(std::int64_t now_ms) const {
    const std::int64_t end_ms = end_ms_.load(std::memory_order_relaxed);
    return is_active() && end_ms != 0 && now_ms >= end_ms;
  }
  // False if a profile is being made already.
  bool start(const HotKeysOptions& options, const store::Keyspace& keyspace, std::int64_t now_ms);
  // False if none was being made. What was counted stays until reset() or start().
  bool stop(const store::Keyspace& keyspace, std::int64_t now_ms);
  // False, and nothing is done, while a profile is being made.
  bool reset();
  // Nothing if there is no profile.
  std::optional<HotKeysReport> report(const store::Keyspace& keyspace, std::int64_t now_ms);

  // A command has used these keys for `ns` nanoseconds; `chance` is any number, for sampling.
  void note(std::size_t loop,
            std::span<const store::HashedKey> keys,
            std::uint64_t ns,
            std::uint64_t bytes,
            std::uint64_t chance);

 private:
  struct Counts;
  struct Cpu {
    std::int64_t user_ms = 0;
    std::int64_t system_ms = 0;
  };
  static Cpu cpu_now();

  void add_counts(HotKeysReport& report) const DUPLEX_REQUIRES(mutex_);

  std::atomic<bool> active_{false};
  std::atomic<std::int64_t> end_ms_{0};  // 0: none
  mutable base::Mutex mutex_{base::LockRank::registry};
  HotKeysOptions options_ DUPLEX_GUARDED_BY(mutex_);
  bool has_profile_ DUPLEX_GUARDED_BY(mutex_) = false;
  std::int64_t started_ms_ DUPLEX_GUARDED_BY(mutex_) = 0;
  std::int64_t stopped_ms_ DUPLEX_GUARDED_BY(mutex_) = 0;
  Cpu cpu_before_ DUPLEX_GUARDED_BY(mutex_);
  Cpu cpu_after_ DUPLEX_GUARDED_BY(mutex_);
  // Of each shard: first what it was at the start, then what it has risen by until the stop.
  std::vector<std::uint64_t> waits_ DUPLEX_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Counts>> loops_;
};

}  // namespace duplex::commands
