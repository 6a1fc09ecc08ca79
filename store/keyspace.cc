// All data: the shards, and what is known about them as a whole.
#include "store/keyspace.h"

namespace duplex::store {

Keyspace::Keyspace(int databases)
    : databases_(databases), shards_(std::make_unique<Shard[]>(shard_count)) {}

void Keyspace::prefetch_group(int database, const HashedKey& key) {
  Shard& shard = shards_[key.shard()];
  const base::MutexLock lock(shard.mutex);
  if (const Table* table = shard.table_if_any(database)) table->prefetch_group(key.hash);
}

void Keyspace::prefetch_entry(int database, const HashedKey& key) {
  Shard& shard = shards_[key.shard()];
  const base::MutexLock lock(shard.mutex);
  if (const Table* table = shard.table_if_any(database)) table->prefetch_target(key.hash);
}

}  // namespace duplex::store
