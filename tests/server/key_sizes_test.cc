// INFO keysizes: what is counted where, and that a walk in slices counts each key once.
#include "server/key_sizes.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::server {
namespace {

std::string counted(store::ShardLock& lock, int database) {
  KeySizes sizes;
  sizes.count(lock, database);
  std::string text;
  sizes.append_to(text, database);
  return text;
}

void insert(store::ShardLock& lock, int database, const std::string& key, std::size_t size) {
  const store::HashedKey hashed(key);
  lock.lock(hashed);
  lock.insert(
      database, hashed, store::Entry::make_string(key, std::string(size, 'x'), store::no_expiry));
  lock.unlock();
}

TEST(KeySizes, PutsSizesTogetherByPowersOfTwo) {
  store::Keyspace keyspace(16);
  store::ShardLock lock(keyspace);
  EXPECT_EQ(counted(lock, 2), "");
  for (const std::size_t size : {0, 1, 2, 3, 511, 512, 1023, 1024, 2047, 2048, 3'000'000})
    insert(lock, 2, std::to_string(size), size);

  EXPECT_EQ(counted(lock, 2),
            "db2_distrib_strings_sizes:0=1,1=1,2=2,256=1,512=2,1K=2,2K=1,2M=1\r\n");
  EXPECT_EQ(counted(lock, 0), "");
}

TEST(KeySizes, CountsEachKeyOfALargeShardOnce) {
  store::Keyspace keyspace(16);
  store::ShardLock lock(keyspace);
  for (int i = 0; i < 20'000; ++i)
    insert(lock, 0, "{tag}" + std::to_string(i), 5);

  EXPECT_EQ(counted(lock, 0), "db0_distrib_strings_sizes:4=20000\r\n");
  lock.lock_all();
  EXPECT_EQ(counted(lock, 0), "db0_distrib_strings_sizes:4=20000\r\n");
  EXPECT_TRUE(lock.holds_all());
}

}  // namespace
}  // namespace duplex::server
