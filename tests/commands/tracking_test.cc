// The tracking table and its queues, and what commands put into them.
#include "commands/tracking.h"

#include "support/command_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace duplex::tests {

namespace {

using commands::Invalidation;
using commands::Reader;
using commands::TrackedKeys;
using commands::Tracking;
using store::HashedKey;
using testing::ElementsAre;
using testing::IsEmpty;

// What waits for a loop, as "client: keys", or "client: all".
std::vector<std::string> taken(Tracking& tracking, std::size_t loop = 0) {
  std::vector<std::string> texts;
  for (const Invalidation& next : tracking.take(loop))
    texts.push_back(std::to_string(next.client) + ": " +
                    (next.keys ? reply_text(*next.keys) : "all"));
  return texts;
}

Tracking::Writer by(std::uint64_t client, std::size_t loop = 0) {
  return {.loop = loop, .during = client, .changed_by = client};
}

TEST(TrackedKeysTest, RemembersEachReaderOnce) {
  TrackedKeys keys;
  const HashedKey key("k");
  EXPECT_EQ(keys.add(key, Reader(5, 1)), TrackedKeys::Added::key);
  EXPECT_EQ(keys.add(key, Reader(5, 1)), TrackedKeys::Added::nothing);
  EXPECT_EQ(keys.add(key, Reader(3, 1)), TrackedKeys::Added::reader);
  EXPECT_EQ(keys.add(key, Reader(9, 0)), TrackedKeys::Added::reader);
  EXPECT_EQ(keys.add(key, Reader(3, 1)), TrackedKeys::Added::nothing);
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys.random_key(0), "k");
  std::vector<Reader> readers;
  EXPECT_TRUE(keys.take(key, readers));
  EXPECT_THAT(readers, ElementsAre(Reader(9, 0), Reader(3, 1), Reader(5, 1)));
  EXPECT_EQ(readers[1].client(), 3u);
  EXPECT_EQ(readers[1].loop(), 1u);
  EXPECT_FALSE(keys.take(key, readers));
  EXPECT_THAT(readers, IsEmpty());
  EXPECT_EQ(keys.size(), 0u);
}

// Clients of several loops with ids near to each other and far apart.
TEST(TrackedKeysTest, TellsReadersApart) {
  std::mt19937_64 random(7);
  for (const std::string text : {"", "key", "a key that is longer than one line of the cache is"}) {
    const HashedKey key(text);
    TrackedKeys keys;
    std::set<Reader> model;
    for (int i = 0; i < 3000; ++i) {
      const std::uint64_t far = random() % 3 == 0 ? random() >> 20 : 0;
      const Reader reader(far + random() % 200, random() % 5 * 63);
      const auto added = keys.add(key, reader);
      if (!model.insert(reader).second)
        ASSERT_EQ(added, TrackedKeys::Added::nothing);
      else
        ASSERT_EQ(added, model.size() == 1 ? TrackedKeys::Added::key : TrackedKeys::Added::reader);
    }
    std::vector<Reader> readers;
    ASSERT_TRUE(keys.take(key, readers));
    EXPECT_EQ(readers, std::vector<Reader>(model.begin(), model.end()));
  }
}

TEST(TrackedKeysTest, HoldsKeysOfAllSizes) {
  TrackedKeys keys;
  const std::string large(100'000, 'x');
  for (int i = 0; i < 5000; ++i)
    keys.add(HashedKey("key:" + std::to_string(i)), Reader(1, 0));
  keys.add(HashedKey(""), Reader(1, 0));
  keys.add(HashedKey(large), Reader(1, 0));
  EXPECT_EQ(keys.size(), 5002u);
  std::vector<Reader> readers;
  EXPECT_TRUE(keys.take(HashedKey(""), readers));
  EXPECT_TRUE(keys.take(HashedKey(large), readers));
  for (int i = 0; i < 5000; ++i)
    EXPECT_TRUE(keys.take(HashedKey("key:" + std::to_string(i)), readers));
  EXPECT_EQ(keys.size(), 0u);
}

TEST(TrackingTest, AChangeIsToldOnceToEachReaderOnItsLoop) {
  Tracking tracking(3);
  std::set<std::size_t> woken;
  for (std::size_t loop = 0; loop < 3; ++loop)
    tracking.attach(loop, [&, loop] { woken.insert(loop); });
  tracking.remember(HashedKey("k"), Reader(1, 0));
  tracking.remember(HashedKey("k"), Reader(2, 2));
  tracking.remember(HashedKey("l"), Reader(2, 2));
  EXPECT_EQ(tracking.key_count(), 2u);
  EXPECT_EQ(tracking.item_count(), 3u);
  tracking.key_changed(HashedKey("none"), by(7));
  tracking.key_changed(HashedKey("k"), by(7));
  tracking.key_changed(HashedKey("k"), by(7));
  EXPECT_EQ(tracking.key_count(), 1u);
  EXPECT_EQ(tracking.item_count(), 1u);
  // The loop of the writer looks by itself.
  EXPECT_THAT(woken, ElementsAre(2u));
  EXPECT_FALSE(tracking.has_invalidations(1));
  EXPECT_TRUE(tracking.has_invalidations(2));
  EXPECT_THAT(taken(tracking, 0), ElementsAre("1: [\"k\"]"));
  EXPECT_THAT(taken(tracking, 1), IsEmpty());
  EXPECT_THAT(taken(tracking, 2), ElementsAre("2: [\"k\"]"));
  EXPECT_THAT(taken(tracking, 2), IsEmpty());
}

TEST(TrackingTest, AFlushForgetsEverythingAndTellsEveryLoop) {
  Tracking tracking(3);  // the last one has no clients
  for (const std::size_t loop : {std::size_t{0}, std::size_t{1}})
    tracking.attach(loop, [] {});
  EXPECT_EQ(tracking.forget_all(0), nullptr);
  EXPECT_THAT(taken(tracking, 1), IsEmpty());
  tracking.client_began();
  tracking.remember(HashedKey("k"), Reader(1, 1));
  EXPECT_NE(tracking.forget_all(0), nullptr);
  EXPECT_EQ(tracking.key_count(), 0u);
  EXPECT_EQ(tracking.item_count(), 0u);
  EXPECT_THAT(taken(tracking, 0), ElementsAre("0: all"));
  EXPECT_THAT(taken(tracking, 1), ElementsAre("0: all"));
  EXPECT_FALSE(tracking.has_invalidations(2));
  tracking.key_changed(HashedKey("k"), by(1));
  EXPECT_THAT(taken(tracking, 1), IsEmpty());
}

TEST(TrackingTest, AKeyHasALimitOfReaders) {
  Tracking tracking(1);
  const HashedKey key("k");
  for (std::uint64_t client = 1; client <= TrackedKeys::readers_max; ++client)
    tracking.remember(key, Reader(client, 0));
  EXPECT_FALSE(tracking.has_invalidations(0));
  tracking.remember(key, Reader(TrackedKeys::readers_max, 0));
  EXPECT_EQ(tracking.item_count(), TrackedKeys::readers_max);
  tracking.remember(key, Reader(TrackedKeys::readers_max + 1, 0));
  EXPECT_EQ(tracking.take(0).size(), TrackedKeys::readers_max);
  EXPECT_EQ(tracking.key_count(), 1u);
  EXPECT_EQ(tracking.item_count(), 1u);
}

TEST(TrackingTest, PrefixesAreToldOnceEachWithAllKeysInOrder) {
  Tracking tracking(2);
  tracking.prefixes().add(Reader(1, 0), "a", false);
  tracking.prefixes().add(Reader(1, 0), "b", false);
  tracking.prefixes().add(Reader(2, 1), "ab", true);
  EXPECT_EQ(tracking.prefixes().count(), 3u);
  for (const char* key : {"b1", "abc", "c", "abb", "ab", "a", "", "aa", "abc", "ac"})
    tracking.key_changed(HashedKey(key), by(std::string_view(key) == "abb" ? 2 : 9));
  EXPECT_FALSE(tracking.has_invalidations(0));
  tracking.broadcast(0);
  EXPECT_THAT(taken(tracking, 0),
              ElementsAre(R"(1: ["a" "aa" "ab" "abb" "abc" "ac"])", R"(1: ["b1"])"));
  EXPECT_THAT(taken(tracking, 1), ElementsAre(R"(2: ["ab" "abc"])"));
  tracking.broadcast(0);
  EXPECT_THAT(taken(tracking, 0), IsEmpty());
}

TEST(TrackingTest, PrefixesComeAndGo) {
  Tracking tracking(1);
  tracking.prefixes().add(Reader(1, 0), "", true);
  tracking.prefixes().add(Reader(2, 0), "x", true);
  tracking.key_changed(HashedKey("x"), by(1));
  tracking.broadcast(0);
  EXPECT_THAT(taken(tracking), ElementsAre(R"(2: ["x"])"));
  // What a key does by itself is nobody's own doing.
  tracking.key_changed(HashedKey("x"), {.loop = 0, .during = 1, .changed_by = 0});
  tracking.broadcast(0);
  EXPECT_THAT(taken(tracking), ElementsAre(R"(1: ["x"])", R"(2: ["x"])"));
  tracking.prefixes().add(Reader(1, 0), "y", false);
  tracking.key_changed(HashedKey("x"), by(1));
  tracking.prefixes().remove(Reader(2, 0), "x");
  tracking.broadcast(0);
  EXPECT_THAT(taken(tracking), ElementsAre(R"(1: ["x"])"));
  tracking.prefixes().remove(Reader(1, 0), "");
  tracking.prefixes().remove(Reader(1, 0), "y");
  tracking.prefixes().remove(Reader(1, 0), "never");
  EXPECT_EQ(tracking.prefixes().count(), 0u);
  tracking.key_changed(HashedKey("x"), by(1));
  tracking.broadcast(0);
  EXPECT_THAT(taken(tracking), IsEmpty());
}

TEST(TrackingTest, ALoopDoesNotGatherWithoutEnd) {
  Tracking tracking(1);
  tracking.prefixes().add(Reader(1, 0), "", false);
  std::size_t told = 0;
  for (int i = 0; i < 100'000; ++i) {
    tracking.key_changed(HashedKey(std::to_string(i)), by(2));
    told += tracking.take(0).size();
  }
  EXPECT_GT(told, 2u);
}

class TrackingCommandsTest : public CommandFixture {
 protected:
  void SetUp() override {
    client_.state.id = 1;
    other_.state.id = 2;
  }
  std::vector<std::string> told() {
    tracking_.broadcast(0);
    return taken(tracking_);
  }
};

TEST_F(TrackingCommandsTest, OnlyReadsOfThoseWhoTrackCount) {
  run("GET k");
  run(other_, "CLIENT TRACKING ON");
  run(other_, "SET k 1");
  run(other_, "APPEND k 1");
  EXPECT_EQ(tracking_.key_count(), 0u);
  run(other_, "MGET k l");
  run(other_, "GET");
  run(other_, "LLEN k");
  EXPECT_EQ(tracking_.key_count(), 2u);
  EXPECT_EQ(tracking_.client_count(), 1u);
  run("MSET k 1 l 2");
  EXPECT_THAT(told(), ElementsAre("2: [\"k\"]", "2: [\"l\"]"));
}

TEST_F(TrackingCommandsTest, ReadsInTransactionsAndScriptsCount) {
  run("CLIENT TRACKING ON");
  play({{"MULTI", "+OK"}, {"GET a", "+QUEUED"}, {"GET b", "+QUEUED"}});
  EXPECT_EQ(tracking_.key_count(), 0u);
  run("EXEC");
  EXPECT_EQ(tracking_.key_count(), 2u);
  run("EVAL \"redis.call('set', KEYS[1], 1) return redis.call('get', KEYS[2])\" 2 c d");
  EXPECT_EQ(tracking_.key_count(), 3u);
  run("EVAL_RO \"return redis.call('get', KEYS[1])\" 1 e");
  EXPECT_EQ(tracking_.key_count(), 4u);
  run(other_, "MSET a 1 c 1 d 1");
  EXPECT_THAT(told(), ElementsAre("1: [\"a\"]", "1: [\"d\"]"));
}

TEST_F(TrackingCommandsTest, WhatEndsOrIsEvictedIsTold) {
  run("CLIENT TRACKING ON");
  run("SET k 1 PX 10");
  run("GET k");
  advance_ms(11);
  executor_->expire_cycle(1000);
  EXPECT_THAT(told(), ElementsAre("1: [\"k\"]"));
  run("HSET h f 1 g 1");
  run("HPEXPIRE h 10 FIELDS 1 f");
  run("HGETALL h");
  advance_ms(11);
  executor_->expire_cycle(1000);
  EXPECT_THAT(told(), ElementsAre("1: [\"h\"]"));
}

TEST_F(TrackingCommandsTest, TheTableHasALimit) {
  settings_.tracked_keys_max.store(10);
  run("CLIENT TRACKING ON");
  std::set<std::string> cached;
  for (int i = 0; i < 500; ++i) {
    run("GET k" + std::to_string(i));
    cached.insert("1: [\"k" + std::to_string(i) + "\"]");
    for (const std::string& text : told())
      EXPECT_EQ(cached.erase(text), 1u);
    EXPECT_LE(tracking_.key_count(), 10u);
    EXPECT_EQ(tracking_.key_count(), cached.size());
  }
  settings_.tracked_keys_max.store(3);
  executor_->limit_tracked_keys();
  EXPECT_EQ(tracking_.key_count(), 3u);
  EXPECT_EQ(told().size(), 7u);
  settings_.tracked_keys_max.store(0);
  run("MGET a b c d e f g");
  EXPECT_EQ(tracking_.key_count(), 10u);
}

TEST_F(TrackingCommandsTest, AClientThatEndsIsNotCountedAnyMore) {
  run("CLIENT TRACKING ON BCAST PREFIX a PREFIX b");
  run("CLIENT TRACKING ON BCAST PREFIX c");
  EXPECT_EQ(tracking_.client_count(), 1u);
  EXPECT_EQ(tracking_.prefixes().count(), 3u);
  executor_->forget(client_.state);
  EXPECT_EQ(tracking_.client_count(), 0u);
  EXPECT_EQ(tracking_.prefixes().count(), 0u);
}

TEST_F(TrackingCommandsTest, PrefixesOfAClientHaveALimit) {
  std::vector<std::string> words{"CLIENT", "TRACKING", "ON", "BCAST"};
  for (int i = 0; i < 1001; ++i) {
    words.push_back("PREFIX");
    words.push_back(std::to_string(i) + ":");
  }
  EXPECT_EQ(run_args({words.begin(), words.end()}), "-ERR too many prefixes for a single client");
}

}  // namespace

}  // namespace duplex::tests
