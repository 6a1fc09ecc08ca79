// The keyspace as a whole: sizes, memory, expiries that are seen without a lock.
#include "store/keyspace.h"

#include <gtest/gtest.h>

#include <string>

#include "store/shard_lock.h"

namespace duplex::store {
namespace {

void insert(Keyspace& keyspace, int database, const std::string& key, std::int64_t expiry_ms) {
  ShardLock lock(keyspace);
  const HashedKey hashed(key);
  lock.lock(hashed);
  lock.insert(database, hashed, Entry::make_string(key, "v", expiry_ms));
}

TEST(Keyspace, CountsKeysByDatabase) {
  Keyspace keyspace(16);
  for (int i = 0; i < 100; ++i)
    insert(keyspace, 0, "key:" + std::to_string(i), i < 30 ? 1000 + i : no_expiry);
  insert(keyspace, 15, "key", 5);

  EXPECT_EQ(keyspace.databases(), 16);
  EXPECT_EQ(ShardLock(keyspace).size(0).keys, 100u);
  EXPECT_EQ(ShardLock(keyspace).size(0).expiring, 30u);
  EXPECT_EQ(ShardLock(keyspace).size(1).keys, 0u);
  EXPECT_EQ(ShardLock(keyspace).size(15).keys, 1u);
  EXPECT_EQ(ShardLock(keyspace).size(15).expiring, 1u);
}

TEST(Keyspace, TellsTheNextExpiryOfAShardOverAllDatabases) {
  Keyspace keyspace(16);
  const std::size_t shard = HashedKey("{tag}").shard();
  EXPECT_EQ(keyspace.next_expiry_ms(shard), no_expiry);

  insert(keyspace, 0, "{tag}0", 300);
  EXPECT_EQ(keyspace.next_expiry_ms(shard), 300);
  insert(keyspace, 3, "{tag}3", 200);
  insert(keyspace, 4, "{tag}4", no_expiry);

  EXPECT_EQ(keyspace.next_expiry_ms(shard), 200);
}

TEST(Keyspace, CountsTheMemoryOfItsTables) {
  Keyspace keyspace(16);
  const std::size_t empty = ShardLock(keyspace).table_bytes();

  for (int i = 0; i < 5000; ++i)
    insert(keyspace, i % 2, "key:" + std::to_string(i), no_expiry);

  EXPECT_GT(ShardLock(keyspace).table_bytes(), empty + 5000 * sizeof(EntrySlot));
}

TEST(Keyspace, PrefetchingNeedsNoKeyAndNoDatabase) {
  Keyspace keyspace(16);
  const HashedKey key("key");

  keyspace.prefetch_group(0, key);
  keyspace.prefetch_entry(9, key);
  insert(keyspace, 0, "key", no_expiry);
  keyspace.prefetch_group(0, key);
  keyspace.prefetch_entry(0, key);

  EXPECT_EQ(ShardLock(keyspace).size(0).keys, 1u);
  EXPECT_EQ(ShardLock(keyspace).size(9).keys, 0u);
}

}  // namespace
}  // namespace duplex::store
