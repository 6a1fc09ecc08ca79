// All data: the shards, and what is known about them as a whole.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/mutex.h"
#include "store/hashed_key.h"
#include "store/shard.h"
#include "store/snapshot.h"

namespace duplex::store {

// The shards. Entries are reached through a ShardLock only.
//
// Thread: any.
class Keyspace {
 public:
  explicit Keyspace(int databases);

  int databases() const { return databases_; }

  // Brings the group, then the entry of a key into the cache; each call locks for an instant.
  void prefetch_group(int database, const HashedKey& key);
  void prefetch_entry(int database, const HashedKey& key);

  // How many units were suspended while they held shards or the token, and still hold them. Thread:
  // any.
  std::size_t parked_units() const { return parked_units_.load(std::memory_order_acquire); }

  // How often somebody had to wait for the lock of this shard. Thread: any, without the lock.
  std::uint64_t waits(std::size_t shard) const {
    return shards_[shard].waits.ever.load(std::memory_order_relaxed);
  }

  // The earliest time at which a key of this shard may end. Thread: any, without the lock.
  std::int64_t next_expiry_ms(std::size_t shard) const {
    return shards_[shard].next_expiry_ms.load(std::memory_order_relaxed);
  }

 private:
  friend class ShardLock;

  const int databases_;
  // Who takes a snapshot; changed only while all shards are held, so that one is enough to read it.
  SnapshotSink* snapshot_ = nullptr;
  std::unique_ptr<Shard[]> shards_;
  // Whoever has it may wait for a shard while holding others.
  base::Mutex token_{base::LockRank::token};
  bool token_parked_ DUPLEX_GUARDED_BY(token_) = false;
  base::LockWaits token_waits_;
  std::atomic<std::size_t> parked_units_{0};
};

}  // namespace duplex::store
