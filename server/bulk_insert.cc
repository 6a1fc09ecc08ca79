// Puts many new entries into the keyspace: collected, sorted by shard, inserted by other threads.
#include "server/bulk_insert.h"

#include "base/assert.h"
#include "store/hashed_key.h"

#include <algorithm>
#include <array>
#include <utility>

namespace duplex::server {

namespace {

// Sixteen entries for each shard: enough to pay for a lock, little enough to stay in the cache.
constexpr std::size_t batch_entries = 16 * store::shard_count;
constexpr std::size_t waiting_batches_max = 2;
constexpr std::size_t threads_max = 8;

store::HashedKey hashed_key(std::string_view key, std::uint64_t hash, std::uint16_t slot) {
  store::HashedKey hashed;
  hashed.key = key;
  hashed.hash = hash;
  hashed.slot = slot;
  return hashed;
}

}  // namespace

BulkInsert::BulkInsert(store::Keyspace& keyspace) : keyspace_(keyspace) {
  const std::size_t cores = std::thread::hardware_concurrency();
  const std::size_t count = std::clamp<std::size_t>(cores, 2, threads_max + 1) - 1;
  for (std::size_t i = 0; i < count; ++i)
    threads_.emplace_back([this] { run(); });
}

BulkInsert::~BulkInsert() {
  (void)finish();
}

void BulkInsert::add(int database, store::EntryPtr entry) {
  if (filling_.empty()) filling_.reserve(batch_entries);
  const store::HashedKey key(entry->key());
  filling_.push_back({std::move(entry), key.hash, database, key.slot});
  if (filling_.size() == batch_entries) hand_over();
}

void BulkInsert::hand_over() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < waiting_batches_max; });
    waiting_.push_back(std::move(filling_));
    filling_.clear();
    if (!spare_.empty()) {
      filling_ = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  changed_.notify_all();
}

std::optional<std::string> BulkInsert::finish() {
  if (!filling_.empty()) hand_over();
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
  return repeated_;
}

void BulkInsert::run() {
  store::ShardLock shard_lock(keyspace_);
  std::vector<Item*> sorted;
  while (true) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return finished_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch = std::move(waiting_.front());
      waiting_.pop_front();
    }
    changed_.notify_all();
    insert(batch, shard_lock, sorted);
    batch.clear();
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(batch));
  }
}

void BulkInsert::insert(Batch& batch, store::ShardLock& lock, std::vector<Item*>& sorted) {
  std::array<std::size_t, store::shard_count + 1> begins{};
  for (const Item& item : batch)
    ++begins[item.slot % store::shard_count + 1];
  for (std::size_t shard = 0; shard < store::shard_count; ++shard)
    begins[shard + 1] += begins[shard];
  sorted.resize(batch.size());
  auto next = begins;
  for (Item& item : batch)
    sorted[next[item.slot % store::shard_count]++] = &item;
  for (std::size_t shard = 0; shard < store::shard_count; ++shard) {
    if (begins[shard] == begins[shard + 1]) continue;
    const auto at = [&](std::size_t index) {
      return sorted.begin() + static_cast<std::ptrdiff_t>(index);
    };
    insert_shard(shard, at(begins[shard]), at(begins[shard + 1]), lock);
  }
}

void BulkInsert::insert_shard(std::size_t shard,
                              std::vector<Item*>::iterator begin,
                              std::vector<Item*>::iterator end,
                              store::ShardLock& lock) {
  // No script runs while data is loaded.
  DUPLEX_ASSERT(lock.lock_shard(shard));
  for (auto item = begin; item != end; ++item)
    if (const store::Table* table = lock.table_if_any((*item)->database, shard))
      table->prefetch_group((*item)->hash);
  for (auto at = begin; at != end; ++at) {
    Item& item = **at;
    const store::HashedKey key = hashed_key(item.entry->key(), item.hash, item.slot);
    if (!lock.find(item.database, key)) {
      lock.insert(item.database, key, std::move(item.entry));
      continue;
    }
    const std::lock_guard guard(mutex_);
    repeated_ = std::string(item.entry->key());
  }
  lock.unlock();
}

}  // namespace duplex::server
