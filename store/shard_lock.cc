// The only way to entries: proof that the shards they live in are locked.
#include "store/shard_lock.h"

#include <algorithm>
#include <utility>

namespace duplex::store {

void ShardLock::lock(const HashedKey& key) {
  DUPLEX_DCHECK(!holds_any());
  held_.push_back(key.shard());
  keyspace_.shards_[key.shard()].mutex.lock();
}

void ShardLock::lock(std::span<const HashedKey> keys) {
  if (keys.size() == 1) return lock(keys[0]);
  DUPLEX_DCHECK(!holds_any());
  for (const HashedKey& key : keys)
    held_.push_back(key.shard());
  std::sort(held_.begin(), held_.end());
  held_.erase(std::unique(held_.begin(), held_.end()), held_.end());
  for (const std::uint16_t shard : held_)
    keyspace_.shards_[shard].mutex.lock();
}

void ShardLock::lock_shard(std::size_t shard) {
  DUPLEX_DCHECK(!holds_any());
  held_.push_back(static_cast<std::uint16_t>(shard));
  keyspace_.shards_[shard].mutex.lock();
}

void ShardLock::lock_all() {
  DUPLEX_DCHECK(!holds_any());
  for (std::size_t shard = 0; shard < shard_count; ++shard)
    keyspace_.shards_[shard].mutex.lock();
  all_ = true;
}

void ShardLock::unlock() {
  if (all_) {
    for (std::size_t shard = 0; shard < shard_count; ++shard) {
      publish_expiry(keyspace_.shards_[shard]);
      keyspace_.shards_[shard].mutex.unlock();
    }
    all_ = false;
  }
  for (const std::uint16_t shard : held_) {
    publish_expiry(keyspace_.shards_[shard]);
    keyspace_.shards_[shard].mutex.unlock();
  }
  held_.clear();
}

bool ShardLock::holds(std::size_t shard) const {
  return all_ || std::binary_search(held_.begin(), held_.end(), shard);
}

void ShardLock::publish_expiry(Shard& shard) {
  std::int64_t next = shard.first.earliest_expiry_ms();
  for (const auto& table : shard.others)
    if (table) next = std::min(next, table->earliest_expiry_ms());
  if (shard.next_expiry_ms.load(std::memory_order_relaxed) != next)
    shard.next_expiry_ms.store(next, std::memory_order_relaxed);
}

Table::Position ShardLock::set_expiry(int database,
                                      const HashedKey& key,
                                      Table::Position at,
                                      std::int64_t expiry_ms) {
  Table& table = this->table(database, key);
  Entry* entry = at.entry();
  if (entry->expiry_ms() == expiry_ms) return at;
  before_change(database, key, at);
  if (entry->has_expiry() && expiry_ms != no_expiry) {
    entry->change_expiry(expiry_ms);
    table.note_expiry(at);
    return at;
  }
  table.replace(at, entry->with_expiry(expiry_ms));
  return at;
}

template <typename Visit>
void ShardLock::visit_shards(Visit&& visit) {
  DUPLEX_ASSERT(all_ || held_.empty());
  for (std::size_t index = 0; index < shard_count; ++index) {
    Shard& shard = keyspace_.shards_[index];
    if (!all_) shard.mutex.lock();
    visit(shard);
    if (!all_) shard.mutex.unlock();
  }
}

DatabaseSize ShardLock::size(int database) {
  DatabaseSize sum;
  visit_shards([&](Shard& shard) {
    if (const Table* table = shard.table_if_any(database)) {
      sum.keys += table->size();
      sum.expiring += table->expiring();
    }
  });
  return sum;
}

std::size_t ShardLock::table_bytes(int database) {
  std::size_t sum = 0;
  visit_shards([&](Shard& shard) {
    if (const Table* table = shard.table_if_any(database)) sum += table->memory_bytes();
  });
  return sum;
}

std::size_t ShardLock::table_bytes() {
  std::size_t sum = shard_count * sizeof(Shard);
  visit_shards([&](Shard& shard) {
    sum += shard.first.memory_bytes();
    for (const auto& table : shard.others)
      if (table) sum += sizeof(Table) + table->memory_bytes();
  });
  return sum;
}

std::vector<Table> ShardLock::take_tables(int database) {
  DUPLEX_ASSERT(all_);
  std::vector<Table> tables;
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    Table* table = keyspace_.shards_[shard].table_if_any(database);
    if (table == nullptr || table->size() == 0) continue;
    // Moving a table exchanges it: what stays behind is as new.
    Table taken = std::move(*table);
    if (keyspace_.snapshot_ != nullptr && taken.walk().is_open)
      keyspace_.snapshot_->adopt(std::move(taken));
    else
      tables.push_back(std::move(taken));
  }
  return tables;
}

void ShardLock::swap_databases(int first, int second) {
  DUPLEX_ASSERT(all_);
  for (std::size_t shard = 0; shard < shard_count; ++shard)
    std::swap(keyspace_.shards_[shard].table(first), keyspace_.shards_[shard].table(second));
}

void ShardLock::hand_over(int database, const HashedKey& key, Table::Position at) {
  const Table& table = this->table(database, key);
  if (!table.awaits(key.hash) || at.slot->is_saved()) return;
  keyspace_.snapshot_->before_change(table.walk().database, *at.entry());
  at.slot->mark_saved();
}

std::vector<SnapshotDatabase> ShardLock::begin_snapshot(SnapshotSink& sink) {
  DUPLEX_ASSERT(all_ && keyspace_.snapshot_ == nullptr);
  keyspace_.snapshot_ = &sink;
  std::vector<SnapshotDatabase> databases(static_cast<std::size_t>(keyspace_.databases()));
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    for (int number = 0; number < keyspace_.databases(); ++number) {
      Table* table = keyspace_.shards_[shard].table_if_any(number);
      if (table == nullptr) continue;
      table->open_walk(number);
      SnapshotDatabase& database = databases[static_cast<std::size_t>(number)];
      database.number = number;
      database.keys += table->size();
      database.expiring += table->expiring();
    }
  }
  std::erase_if(databases, [](const SnapshotDatabase& database) { return database.keys == 0; });
  return databases;
}

void ShardLock::end_snapshot() {
  DUPLEX_ASSERT(all_);
  keyspace_.snapshot_ = nullptr;
}

Table* ShardLock::open_walk(std::size_t shard) {
  DUPLEX_DCHECK(holds(shard));
  Shard& tables = keyspace_.shards_[shard];
  if (tables.first.walk().is_open) return &tables.first;
  for (const auto& table : tables.others)
    if (table && table->walk().is_open) return table.get();
  return nullptr;
}

}  // namespace duplex::store
