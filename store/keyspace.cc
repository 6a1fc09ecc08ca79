// All data: the shards, and what is known about them as a whole.
#include "store/keyspace.h"

#include <span>

namespace duplex::store {

Keyspace::Keyspace(int databases)
    : databases_(databases), shards_(std::make_unique<Shard[]>(shard_count)) {}

DatabaseSize Keyspace::size(int database) {
  DatabaseSize sum;
  for (Shard& shard : std::span(shards_.get(), shard_count)) {
    const base::MutexLock lock(shard.mutex);
    if (const Table* table = shard.table_if_any(database)) {
      sum.keys += table->size();
      sum.expiring += table->expiring();
    }
  }
  return sum;
}

std::size_t Keyspace::table_bytes() {
  std::size_t sum = shard_count * sizeof(Shard);
  for (Shard& shard : std::span(shards_.get(), shard_count)) {
    const base::MutexLock lock(shard.mutex);
    sum += shard.first.memory_bytes();
    for (const auto& table : shard.others)
      if (table) sum += sizeof(Table) + table->memory_bytes();
  }
  return sum;
}

void Keyspace::prefetch_group(int database, const HashedKey& key) {
  Shard& shard = shards_[key.shard()];
  const base::MutexLock lock(shard.mutex);
  if (const Table* table = shard.table_if_any(database)) table->prefetch_group(key.hash);
}

void Keyspace::prefetch_entry(int database, const HashedKey& key) {
  Shard& shard = shards_[key.shard()];
  const base::MutexLock lock(shard.mutex);
  if (const Table* table = shard.table_if_any(database)) table->prefetch_entry(key.hash);
}

}  // namespace duplex::store
