// Puts many new entries into the keyspace: collected, sorted by shard, inserted by other threads.
#pragma once

#include "store/entry.h"
#include "store/keyspace.h"
#include "store/shard_lock.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace duplex::server {

// While its owner decodes entries, threads of its own insert those before. They take whole batches,
// go through them shard by shard, one lock for all entries of a shard, and have what they will
// touch brought into the cache first: a lookup at a random place would wait for memory three times.
//
// Thread: confined to its owner; the keyspace may be used by anybody meanwhile.
// Lifetime: the keyspace outlives it; the destructor inserts what is left.
class BulkInsert {
 public:
  // One core is left to the owner.
  explicit BulkInsert(store::Keyspace& keyspace);
  ~BulkInsert();
  BulkInsert(const BulkInsert&) = delete;
  BulkInsert& operator=(const BulkInsert&) = delete;

  // May wait for the other threads. Requires: finish() was not called.
  void add(int database, store::EntryPtr entry);
  // Returns when everything is inserted. Gives a key that was there already, if there was one:
  // the entry that came later is dropped.
  std::optional<std::string> finish();

 private:
  struct Item {
    store::EntryPtr entry;
    std::uint64_t hash = 0;
    int database = 0;
    std::uint16_t slot = 0;
  };
  using Batch = std::vector<Item>;

  void hand_over();
  void run();
  void insert(Batch& batch, store::ShardLock& lock, std::vector<Item*>& sorted);
  void insert_shard(std::size_t shard,
                    std::vector<Item*>::iterator begin,
                    std::vector<Item*>::iterator end,
                    store::ShardLock& lock);

  store::Keyspace& keyspace_;
  Batch filling_;
  std::mutex mutex_;  // what follows
  std::condition_variable changed_;
  std::deque<Batch> waiting_;
  std::vector<Batch> spare_;
  bool finished_ = false;
  std::optional<std::string> repeated_;
  std::vector<std::thread> threads_;
};

}  // namespace duplex::server
