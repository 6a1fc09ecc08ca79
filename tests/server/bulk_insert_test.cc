// Entries that other threads insert: all of them arrive, and a key that comes twice is told.
#include "server/bulk_insert.h"

#include "base/numbers.h"
#include "store/shard_lock.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::server {
namespace {

store::EntryPtr entry(const std::string& key,
                      std::string_view text,
                      std::int64_t expiry_ms = store::no_expiry) {
  return store::Entry::make_string(key, text, expiry_ms);
}

TEST(BulkInsert, InsertsEverythingIntoItsDatabase) {
  store::Keyspace keyspace(4);
  constexpr int keys = 100'000;
  {
    BulkInsert inserted(keyspace);
    for (int i = 0; i < keys; ++i)
      inserted.add(i % 2 == 0 ? 0 : 3,
                   entry("key " + std::to_string(i),
                         std::to_string(i),
                         i == 77 ? 4102444800000 : store::no_expiry));
    EXPECT_EQ(inserted.finish(), std::nullopt);
  }
  store::ShardLock lock(keyspace);
  EXPECT_EQ(lock.size(0).keys, keys / 2u);
  EXPECT_EQ(lock.size(1).keys, 0u);
  EXPECT_EQ(lock.size(3).keys, keys / 2u);
  EXPECT_EQ(lock.size(3).expiring, 1u);
  for (int i = 0; i < keys; i += 997) {
    const std::string name = "key " + std::to_string(i);
    const store::HashedKey key(name);
    lock.lock(key);
    const auto at = lock.find(i % 2 == 0 ? 0 : 3, key);
    ASSERT_TRUE(at) << name;
    char scratch[base::int64_digits_max];
    EXPECT_EQ(at.entry()->text(scratch), std::to_string(i));
    lock.unlock();
  }
  const store::HashedKey timed("key 77");
  EXPECT_EQ(keyspace.next_expiry_ms(timed.shard()), 4102444800000);
}

TEST(BulkInsert, TellsAKeyThatComesTwice) {
  store::Keyspace keyspace(2);
  BulkInsert inserted(keyspace);
  inserted.add(0, entry("once", "1"));
  inserted.add(0, entry("again", "1"));
  inserted.add(1, entry("once", "2"));
  inserted.add(0, entry("again", "2"));
  EXPECT_EQ(inserted.finish(), "again");
  store::ShardLock lock(keyspace);
  EXPECT_EQ(lock.size(0).keys, 2u);
  EXPECT_EQ(lock.size(1).keys, 1u);
}

TEST(BulkInsert, InsertsWhatIsLeftWhenItIsAbandoned) {
  store::Keyspace keyspace(1);
  {
    BulkInsert(keyspace).add(0, entry("key", "1"));
  }
  EXPECT_EQ(store::ShardLock(keyspace).size(0).keys, 1u);
}

}  // namespace
}  // namespace duplex::server
