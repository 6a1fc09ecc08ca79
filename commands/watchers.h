// Who watches which key, so that a change can spoil a transaction.
#pragma once

#include "base/mutex.h"

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

// Thread: any (mutex_, rank waiters). add() and touch() are called under the lock of the key's
// shard, which is why no change between WATCH and EXEC is missed.
class Watchers {
 public:
  using Flag = std::shared_ptr<std::atomic<bool>>;

  void add(int database, std::string_view key, const Flag& dirty);
  void remove(int database, std::string_view key, const Flag& dirty);

  // Marks all who watch the key. Costs one load when nobody watches anything.
  void touch(int database, std::string_view key) {
    if (count_.load(std::memory_order_acquire) != 0) touch_watched(database, key);
  }
  // Marks the watchers of all keys of the database for which `changed(key)` says so.
  template <typename Changed>
  void touch_database(int database, Changed&& changed) {
    if (count_.load(std::memory_order_acquire) == 0) return;
    const base::MutexLock lock(mutex_);
    for (const auto& [where, flags] : watched_)
      if (where.first == database && changed(std::string_view(where.second)))
        for (const Flag& flag : flags)
          flag->store(true, std::memory_order_release);
  }

 private:
  using Where = std::pair<int, std::string>;

  void touch_watched(int database, std::string_view key);

  base::Mutex mutex_{base::LockRank::waiters};
  std::map<Where, std::vector<Flag>> watched_ DUPLEX_GUARDED_BY(mutex_);
  std::atomic<std::size_t> count_{0};
};

}  // namespace duplex::commands
