// A part of the keyspace with a lock of its own. Private to keyspace and shard_lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "store/table.h"

namespace duplex::store {

// One table per database; database 0 needs no allocation.
//
// Thread: everything but next_expiry_ms under `mutex`.
struct alignas(64) Shard {
  base::Mutex mutex{base::LockRank::shard};
  // Belongs to a unit that is suspended (shard_lock.h); nobody else may lock it.
  bool parked = false;
  // Who sleeps until the lock is free: whoever gives it up for an instant lets them have it.
  base::LockWaits waits;
  // No key of this shard ends before this time: read without the lock by the expiry cycle.
  std::atomic<std::int64_t> next_expiry_ms{no_expiry};
  Table first;
  std::vector<std::unique_ptr<Table>> others;

  Table& table(int database) {
    if (database == 0) [[likely]]
      return first;
    const auto index = static_cast<std::size_t>(database) - 1;
    if (others.size() <= index) others.resize(index + 1);
    if (!others[index]) others[index] = std::make_unique<Table>();
    return *others[index];
  }
  // The table if the database was ever written in this shard.
  Table* table_if_any(int database) {
    if (database == 0) return &first;
    const auto index = static_cast<std::size_t>(database) - 1;
    return index < others.size() ? others[index].get() : nullptr;
  }
};

}  // namespace duplex::store
