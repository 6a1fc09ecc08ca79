// Commands for whole databases.
#include "support/command_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace duplex::tests {

namespace {

class KeyspaceCommandsTest : public CommandFixture {
 protected:
  void fill(int keys) {
    for (int i = 0; i < keys; ++i)
      run(fmt::format("SET key:{} {}", i, i));
  }
};

TEST_F(KeyspaceCommandsTest, DbsizeCountsOneDatabase) {
  EXPECT_EQ(run("DBSIZE"), ":0");
  fill(3000);
  EXPECT_EQ(run("DBSIZE"), ":3000");
  run("SELECT 1");
  EXPECT_EQ(run("DBSIZE"), ":0");
}

TEST_F(KeyspaceCommandsTest, KeysMatchesPatterns) {
  run("MSET hello 1 hallo 2 hxllo 3");
  EXPECT_EQ(run("KEYS hello"), "[\"hello\"]");
  EXPECT_EQ(run("KEYS h[^ae]llo"), "[\"hxllo\"]");
  EXPECT_EQ(run("KEYS none*"), "[]");
  fill(500);
  const std::string all = run("KEYS *");
  EXPECT_NE(all.find("\"key:499\""), std::string::npos);
  EXPECT_NE(all.find("\"hello\""), std::string::npos);
}

TEST_F(KeyspaceCommandsTest, KeysWithAFixedTagFindsAllOfIt) {
  run("MSET {user}:1 a {user}:2 b {user} c user d {other}:1 e");
  run("SET {}x f");
  EXPECT_EQ(run("KEYS {user}:1"), "[\"{user}:1\"]");
  const std::string found = run("KEYS {user}*");
  EXPECT_EQ(std::count(found.begin(), found.end(), '{'), 3);
  EXPECT_EQ(run("KEYS {}*"), "[\"{}x\"]");
  EXPECT_EQ(run("KEYS {us?r}:2"), "[\"{user}:2\"]");
}

TEST_F(KeyspaceCommandsTest, KeysSkipsEndedKeys) {
  run("SET a 1 PX 10");
  run("SET b 1");
  advance_ms(10);
  EXPECT_EQ(run("KEYS *"), "[\"b\"]");
}

TEST_F(KeyspaceCommandsTest, RandomkeyFindsEveryKey) {
  EXPECT_EQ(run("RANDOMKEY"), "nil");
  run("MSET a 1 b 2 c 3 d 4");
  std::map<std::string, int> seen;
  for (int i = 0; i < 400; ++i)
    ++seen[run("RANDOMKEY")];
  ASSERT_EQ(seen.size(), 4u);
  for (const auto& [key, times] : seen)
    EXPECT_GT(times, 50) << key;
}

TEST_F(KeyspaceCommandsTest, RandomkeyIsFairAmongMany) {
  fill(2000);
  std::map<std::string, int> seen;
  for (int i = 0; i < 2000; ++i)
    ++seen[run("RANDOMKEY")];
  // Equal chances would show about 1264 different ones.
  EXPECT_GT(seen.size(), 1100u);
}

TEST_F(KeyspaceCommandsTest, RandomkeyRemovesEndedKeys) {
  run("SET a 1 PX 10");
  run("SET b 1 PX 10");
  run("SET c 1");
  advance_ms(10);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(run("RANDOMKEY"), "\"c\"");
  run("DEL c");
  EXPECT_EQ(run("RANDOMKEY"), "nil");
}

TEST_F(KeyspaceCommandsTest, FlushdbEmptiesOneDatabase) {
  fill(100);
  run("SELECT 1");
  fill(10);
  EXPECT_EQ(logged("FLUSHDB"), "[1] FLUSHDB");
  EXPECT_EQ(run("DBSIZE"), ":0");
  run("SELECT 0");
  EXPECT_EQ(run("DBSIZE"), ":100");
  EXPECT_GT(server_.discarded_tables, 0u);
}

TEST_F(KeyspaceCommandsTest, FlushallEmptiesAll) {
  fill(100);
  run("SELECT 1");
  fill(10);
  EXPECT_EQ(run("FLUSHALL async"), "+OK");
  EXPECT_EQ(run("DBSIZE"), ":0");
  EXPECT_EQ(logged("FLUSHALL SYNC"), "[1] FLUSHALL");
  run("SELECT 0");
  EXPECT_EQ(run("DBSIZE"), ":0");
  EXPECT_EQ(run("FLUSHALL FOO"), "-ERR syntax error");
  EXPECT_EQ(run("FLUSHDB SYNC ASYNC"), "-ERR syntax error");
  fill(1);
  EXPECT_EQ(run("DBSIZE"), ":1");
}

TEST_F(KeyspaceCommandsTest, FlushingSpoilsOnlyWatchedKeysThatAreThere) {
  run("SET k 1");
  run(other_, "WATCH none");
  run("FLUSHDB");
  run(other_, "MULTI");
  EXPECT_EQ(run(other_, "EXEC"), "[]");
  run("SET k 1");
  run(other_, "WATCH k");
  run("FLUSHALL");
  run(other_, "MULTI");
  EXPECT_EQ(run(other_, "EXEC"), "nil*");
}

TEST_F(KeyspaceCommandsTest, SwapdbExchangesAndSpoils) {
  run("SET k zero");
  run("SELECT 1");
  run("SET k one");
  run("SELECT 0");
  run(other_, "WATCH k");
  EXPECT_EQ(logged("SWAPDB 0 1"), "SWAPDB 0 1");
  EXPECT_EQ(run("GET k"), "\"one\"");
  run(other_, "MULTI");
  EXPECT_EQ(run(other_, "EXEC"), "nil*");
  run(other_, "WATCH none");
  EXPECT_EQ(run("SWAPDB 1 0"), "+OK");
  run(other_, "MULTI");
  EXPECT_EQ(run(other_, "EXEC"), "[]");
  EXPECT_EQ(run("SWAPDB 0 0"), "+OK");
  EXPECT_EQ(run("SWAPDB x 0"), "-ERR invalid first DB index");
  EXPECT_EQ(run("SWAPDB 0 3000000000"), "-ERR invalid second DB index");
  EXPECT_EQ(run("SWAPDB 0 16"), "-ERR DB index is out of range");
}

TEST_F(KeyspaceCommandsTest, WholeDatabasesInATransaction) {
  run("SET k v");
  run("MULTI");
  run("DBSIZE");
  run("KEYS *");
  run("SCAN 0");
  run("RANDOMKEY");
  run("FLUSHALL");
  run("DBSIZE");
  EXPECT_EQ(run("EXEC"), "[:1 [\"k\"] [\"0\" [\"k\"]] \"k\" +OK :0]");
}

}  // namespace

}  // namespace duplex::tests
