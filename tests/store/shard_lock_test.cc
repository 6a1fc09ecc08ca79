// ShardLock: what it holds, what it changes, and several threads with overlapping keys.
#include "store/shard_lock.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.h"

namespace duplex::store {
namespace {

void insert(ShardLock& lock, int database, const std::string& key, std::int64_t expiry_ms) {
  const HashedKey hashed(key);
  lock.insert(database, hashed, Entry::make_string(key, "1", expiry_ms));
}

TEST(ShardLock, HoldsTheShardsOfItsKeysOnly) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  const HashedKey keys[] = {HashedKey("b"), HashedKey("a"), HashedKey("b"), HashedKey("{a}2")};

  EXPECT_FALSE(lock.holds_any());
  lock.lock(keys);

  EXPECT_TRUE(lock.holds_any());
  EXPECT_FALSE(lock.holds_all());
  EXPECT_TRUE(lock.holds(keys[0].shard()));
  EXPECT_TRUE(lock.holds(keys[1].shard()));
  EXPECT_FALSE(lock.holds(HashedKey("c").shard()));
  lock.unlock();
  EXPECT_FALSE(lock.holds_any());
  EXPECT_FALSE(lock.holds(keys[0].shard()));
}

TEST(ShardLock, LocksNothingForNoKeys) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);

  lock.lock(std::span<const HashedKey>());

  EXPECT_FALSE(lock.holds_any());
}

TEST(ShardLock, HoldsOneShardOrAll) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);

  lock.lock_shard(shard_count - 1);
  EXPECT_TRUE(lock.holds(shard_count - 1));
  EXPECT_FALSE(lock.holds(0));
  lock.unlock();
  lock.lock_all();

  EXPECT_TRUE(lock.holds_all());
  EXPECT_TRUE(lock.holds(0));
  EXPECT_TRUE(lock.holds(shard_count - 1));
}

TEST(ShardLock, TellsHowLongKeysHaveToLive) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  EXPECT_EQ(lock.average_ttl_ms(0, 0, 1), 0);
  lock.lock_all();
  for (int i = 0; i < 10'000; ++i)
    insert(lock, 1, std::to_string(i), 1500);
  for (int i = 0; i < 10; ++i)
    insert(lock, 2, std::to_string(i), i < 5 ? 1200 : 1400);
  insert(lock, 2, "stays", no_expiry);
  insert(lock, 3, "over", 900);

  EXPECT_EQ(lock.average_ttl_ms(1, 1000, 7), 500);
  EXPECT_EQ(lock.average_ttl_ms(2, 1000, 7), 300);
  EXPECT_EQ(lock.average_ttl_ms(3, 1000, 7), 0);
  lock.unlock();
  EXPECT_EQ(lock.average_ttl_ms(2, 1000, 9), 300);
}

TEST(ShardLock, CountsWithAllShardsHeldAsWithNone) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  lock.lock_all();
  insert(lock, 1, "a", 100);
  insert(lock, 1, "b", no_expiry);

  const DatabaseSize held = lock.size(1);
  const std::size_t bytes = lock.table_bytes();
  EXPECT_TRUE(lock.holds_all());
  lock.unlock();

  EXPECT_EQ(held.keys, 2u);
  EXPECT_EQ(held.expiring, 1u);
  EXPECT_EQ(lock.size(1).keys, 2u);
  EXPECT_EQ(lock.table_bytes(), bytes);
}

TEST(ShardLock, UnlocksAtItsEnd) {
  Keyspace keyspace(16);
  {
    ShardLock lock(keyspace);
    lock.lock_all();
  }
  ShardLock again(keyspace);
  again.lock_all();

  EXPECT_TRUE(again.holds_all());
}

TEST(ShardLock, FindsReplacesAndErases) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  const HashedKey key("key");
  lock.lock(key);

  EXPECT_FALSE(lock.find(0, key));
  EXPECT_FALSE(lock.find(7, key));
  insert(lock, 7, "key", no_expiry);
  EXPECT_FALSE(lock.find(0, key));
  lock.replace(7, key, lock.find(7, key), Entry::make_integer("key", 2, no_expiry));
  EXPECT_EQ(lock.find(7, key).entry()->integer(), 2);
  EXPECT_EQ(lock.erase(7, key, lock.find(7, key))->key(), "key");

  EXPECT_FALSE(lock.find(7, key));
}

TEST(ShardLock, SetsMovesAndRemovesAnExpiry) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  const HashedKey key("key");
  struct Row {
    const char* name;
    std::int64_t expiry_ms;
    std::size_t expiring;
  };
  lock.lock(key);
  insert(lock, 0, "key", no_expiry);

  for (const Row& row : {Row{"none to none", no_expiry, 0},
                         Row{"none to one", 500, 1},
                         Row{"the same", 500, 1},
                         Row{"earlier", 200, 1},
                         Row{"later", 900, 1},
                         Row{"one to none", no_expiry, 0}}) {
    const Table::Position at = lock.set_expiry(0, key, lock.find(0, key), row.expiry_ms);

    EXPECT_EQ(at.entry(), lock.find(0, key).entry()) << row.name;
    EXPECT_EQ(at.entry()->expiry_ms(), row.expiry_ms) << row.name;
    EXPECT_EQ(at.entry()->integer(), 1) << row.name;
    EXPECT_EQ(lock.table_if_any(0, key.shard())->expiring(), row.expiring) << row.name;
    EXPECT_LE(lock.table_if_any(0, key.shard())->earliest_expiry_ms(), row.expiry_ms) << row.name;
  }
}

TEST(ShardLock, SwapsDatabases) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  lock.lock_all();
  insert(lock, 0, "in zero", 100);
  insert(lock, 3, "in three", no_expiry);

  lock.swap_databases(0, 3);
  lock.swap_databases(3, 3);
  lock.swap_databases(5, 6);

  EXPECT_TRUE(lock.find(3, HashedKey("in zero")));
  EXPECT_TRUE(lock.find(0, HashedKey("in three")));
  EXPECT_FALSE(lock.find(0, HashedKey("in zero")));
  lock.unlock();
  EXPECT_EQ(ShardLock(keyspace).size(3).expiring, 1u);
  EXPECT_EQ(keyspace.next_expiry_ms(HashedKey("in zero").shard()), 100);
}

TEST(ShardLock, TakesTheTablesOfADatabase) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  lock.lock_all();
  for (int i = 0; i < 500; ++i)
    insert(lock, 2, "key:" + std::to_string(i), 100);
  insert(lock, 0, "other", no_expiry);

  std::size_t taken = 0;
  for (const Table& table : lock.take_tables(2))
    taken += table.size();
  EXPECT_EQ(lock.take_tables(9).size(), 0u);
  lock.unlock();

  EXPECT_EQ(taken, 500u);
  EXPECT_EQ(ShardLock(keyspace).size(2).keys, 0u);
  EXPECT_EQ(ShardLock(keyspace).size(2).expiring, 0u);
  EXPECT_EQ(ShardLock(keyspace).size(0).keys, 1u);
  EXPECT_EQ(keyspace.next_expiry_ms(HashedKey("key:1").shard()), no_expiry);
}

// Moves ones between counters: whoever holds all shards sees the same sum.
TEST(ShardLock, SeveralThreadsWithOverlappingKeysKeepASum) {
  constexpr int counters = 8;
  constexpr int rounds = 3000;
  Keyspace keyspace(16);
  std::vector<std::string> names;
  for (int i = 0; i < counters; ++i)
    names.push_back("counter:" + std::to_string(i));
  {
    ShardLock lock(keyspace);
    lock.lock_all();
    for (const std::string& name : names)
      insert(lock, 0, name, no_expiry);
  }
  const auto move_ones = [&](std::uint64_t seed) {
    base::Random random(seed);
    ShardLock lock(keyspace);
    for (int round = 0; round < rounds; ++round) {
      const HashedKey keys[] = {HashedKey(names[random.below(counters)]),
                                HashedKey(names[random.below(counters)])};
      lock.lock(keys);
      Entry* const from = lock.find(0, keys[0]).entry();
      from->change_integer(from->integer() - 1);
      Entry* const to = lock.find(0, keys[1]).entry();
      to->change_integer(to->integer() + 1);
      lock.unlock();
    }
  };
  const auto sum = [&] {
    ShardLock lock(keyspace);
    lock.lock_all();
    std::int64_t total = 0;
    for (const std::string& name : names)
      total += lock.find(0, HashedKey(name)).entry()->integer();
    return total;
  };

  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    threads.emplace_back(move_ones, seed);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(sum(), counters);
  for (std::thread& thread : threads)
    thread.join();

  EXPECT_EQ(sum(), counters);
}

TEST(ShardLock, SeveralThreadsInsertAndEraseInOneShard) {
  constexpr int threads = 4;
  constexpr int keys_each = 1000;
  Keyspace keyspace(16);
  std::vector<std::thread> running;

  for (int t = 0; t < threads; ++t)
    running.emplace_back([&keyspace, t] {
      ShardLock lock(keyspace);
      for (int i = 0; i < keys_each; ++i) {
        const std::string key = "{one}" + std::to_string(t) + ":" + std::to_string(i);
        const HashedKey hashed(key);
        lock.lock(hashed);
        insert(lock, 0, key, no_expiry);
        if (i % 2 == 0) lock.erase(0, hashed, lock.find(0, hashed));
        lock.unlock();
      }
    });
  for (std::thread& thread : running)
    thread.join();

  EXPECT_EQ(ShardLock(keyspace).size(0).keys, threads * keys_each / 2u);
}

#ifndef NDEBUG
TEST(ShardLockDeathTest, RefusesAKeyOfAShardThatIsNotHeld) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  lock.lock(HashedKey("a"));

  EXPECT_DEATH(lock.find(0, HashedKey("b")), "DUPLEX BUG");
}

TEST(ShardLockDeathTest, RefusesToLockTwice) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  lock.lock(HashedKey("a"));

  EXPECT_DEATH(lock.lock(HashedKey("b")), "DUPLEX BUG");
}
#endif

TEST(ShardLockDeathTest, TakesTablesOnlyWithAllShards) {
  Keyspace keyspace(16);
  ShardLock lock(keyspace);
  lock.lock_shard(0);

  EXPECT_DEATH(lock.take_tables(0), "DUPLEX BUG");
}

}  // namespace
}  // namespace duplex::store
