// Hashes in both directions with the redis-server of the system.
#include "base/buffer.h"
#include "rdb/dump.h"
#include "rdb/hex.h"
#include "store/hash.h"
#include "support/redis_process.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::rdb {
namespace {

using store::Hash;
using store::HashView;

std::string dump(const store::Entry& entry) {
  base::Buffer out;
  append_dump(out, entry, true);
  return std::string(out.view());
}

TEST(HashesWithRedis, HaveTheSameBytesWhileTheyArePacked) {
  test::TemporaryFolder folder;
  test::RedisProcess redis(folder.path(), {"--appendonly", "no", "--save", ""});
  const store::EntryPtr entry = Hash::make("k", store::no_expiry);
  const std::string_view pairs[][2] = {{"f", "v"},
                                       {"17", "-5"},
                                       {"0", "70000"},
                                       {"big", "9223372036854775807"},
                                       {"text", "007"},
                                       {"long", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}};
  for (const auto& [field, value] : pairs) {
    redis.cli("HSET k " + std::string(field) + " " + std::string(value));
    Hash(*entry).set(field, value);
    std::string theirs = redis.cli("--raw DUMP k");
    theirs.pop_back();
    EXPECT_EQ(test::to_hex(dump(*entry)), test::to_hex(theirs));
  }
}

TEST(HashesWithRedis, AreExchangedWhenTheyAreTables) {
  test::TemporaryFolder folder;
  test::RedisProcess redis(folder.path(), {"--appendonly", "no", "--save", ""});
  const store::EntryPtr entry = Hash::make("k", store::no_expiry);
  for (int i = 0; i < 2000; ++i)
    Hash(*entry).set("field" + std::to_string(i), std::to_string(i * 3));
  folder.write("payload", dump(*entry));
  EXPECT_EQ(redis.cli("-x RESTORE k 0 < " + (folder.path() / "payload").string()), "OK\n");
  EXPECT_EQ(redis.cli("HLEN k"), "2000\n");
  EXPECT_EQ(redis.cli("HGET k field1999"), "5997\n");

  std::string theirs = redis.cli("--raw DUMP k");
  theirs.pop_back();
  const auto again = read_dump(theirs, "k", store::no_expiry);
  ASSERT_TRUE(again);
  const HashView hash(**again);
  EXPECT_EQ(hash.size(), 2000u);
  hash.for_each([&](std::string_view field, std::string_view value) {
    EXPECT_EQ(std::to_string(std::stoi(std::string(field.substr(5))) * 3), value);
  });
}

}  // namespace
}  // namespace duplex::rdb
