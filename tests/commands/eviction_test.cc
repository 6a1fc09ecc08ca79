// Who goes when memory is short, and what a command sees of it.
#include "commands/eviction.h"

#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace duplex::tests {

namespace {

using commands::EvictionPolicy;
using commands::EvictionPool;
using commands::access_mark::Frequency;

constexpr std::int64_t minute_ms = 60'000;

TEST(AccessMark, TimeIsIdleSecondsAlsoAcrossTheWrap) {
  const std::int64_t wrap_ms = (std::int64_t{1} << 24) * 1000;
  const std::uint32_t mark = commands::access_mark::of_time(wrap_ms - 5000);
  EXPECT_EQ(commands::access_mark::idle_s(mark, wrap_ms - 5000), 0u);
  EXPECT_EQ(commands::access_mark::idle_s(mark, wrap_ms + 7000), 12u);
}

TEST(AccessMark, FrequencyGrowsMoreSlowlyTheHigherItIs) {
  base::Random random(1);
  const Frequency frequency{.decay_minutes = 1, .log_factor = 10};
  std::uint32_t mark = Frequency::of_new(0);
  EXPECT_EQ(frequency.counter(mark, 0), 5u);
  std::uint32_t after_hundred = 0;
  for (int i = 0; i < 100'000; ++i) {
    mark = frequency.used(mark, 0, random);
    if (i == 99) after_hundred = frequency.counter(mark, 0);
  }
  EXPECT_GT(after_hundred, 6u);
  EXPECT_LT(after_hundred, 20u);
  EXPECT_GT(frequency.counter(mark, 0), 100u);
  EXPECT_LE(frequency.counter(mark, 0), 255u);
}

TEST(AccessMark, FrequencyDecaysByTheMinute) {
  base::Random random(1);
  std::uint32_t mark = Frequency::of_new(0);
  const Frequency each_minute{.decay_minutes = 1, .log_factor = 0};
  for (int i = 0; i < 300; ++i)
    mark = each_minute.used(mark, 0, random);
  EXPECT_EQ(each_minute.counter(mark, 0), 255u);
  EXPECT_EQ(each_minute.counter(mark, 10 * minute_ms), 245u);
  EXPECT_EQ(each_minute.counter(mark, 1000 * minute_ms), 0u);
  EXPECT_EQ((Frequency{.decay_minutes = 5, .log_factor = 0}).counter(mark, 10 * minute_ms), 253u);
  EXPECT_EQ((Frequency{.decay_minutes = 0, .log_factor = 0}).counter(mark, 9000 * minute_ms), 255u);
}

TEST(EvictionPool, KeepsTheBestSixteen) {
  EvictionPool pool;
  for (std::uint64_t i = 0; i < 100; ++i)
    pool.offer(i * 37 % 100, 0, "key" + std::to_string(i * 37 % 100));
  pool.offer(99, 0, "key99");
  for (std::uint64_t expected = 99; expected > 83; --expected) {
    const auto candidate = pool.take();
    ASSERT_TRUE(candidate);
    EXPECT_EQ(candidate->score, expected);
    EXPECT_EQ(candidate->key, "key" + std::to_string(expected));
  }
  EXPECT_FALSE(pool.take());
}

class EvictionTest : public CommandFixture {
 protected:
  static constexpr std::string_view out_of_memory =
      "-OOM command not allowed when used memory > 'maxmemory'.";

  // From now on there is never enough.
  void starve(EvictionPolicy policy) {
    settings_.eviction_policy = policy;
    settings_.memory_bytes_max = 1;
  }
  // As long as it takes.
  void evict_all() { executor_->evict_cycle(10'000'000); }
  void feed() { settings_.memory_bytes_max = 0; }
};

TEST_F(EvictionTest, NoEvictionRefusesWritesAndServesReads) {
  run("SET k v");
  starve(EvictionPolicy::noeviction);
  EXPECT_EQ(run("SET other v"), out_of_memory);
  EXPECT_EQ(run("GET k"), "\"v\"");
  EXPECT_EQ(run("DEL k"), ":1");
}

TEST_F(EvictionTest, AllKeysGoInEveryDatabaseBeforeAWriteIsRefused) {
  run("MSET a 1 b 2");
  run("SELECT 3");
  run("SET c 3");
  take_log();
  starve(EvictionPolicy::allkeys_lru);
  evict_all();
  EXPECT_EQ(run("SET d v"), out_of_memory);
  const std::string log = take_log();
  EXPECT_NE(log.find("DEL a"), std::string::npos) << log;
  EXPECT_NE(log.find("DEL b"), std::string::npos) << log;
  EXPECT_NE(log.find("[3] DEL c"), std::string::npos) << log;
  feed();
  EXPECT_EQ(run("DBSIZE"), ":0");
}

TEST_F(EvictionTest, VolatilePoliciesLeaveWhatHasNoExpiry) {
  for (const EvictionPolicy policy : {EvictionPolicy::volatile_lru,
                                      EvictionPolicy::volatile_lfu,
                                      EvictionPolicy::volatile_random,
                                      EvictionPolicy::volatile_ttl}) {
    feed();
    run("FLUSHALL");
    run("SET stays v");
    run("SET goes v EX 1000");
    starve(policy);
    evict_all();
    EXPECT_EQ(run("SET other v"), out_of_memory);
    EXPECT_EQ(run("EXISTS stays goes"), ":1");
    EXPECT_EQ(run("GET stays"), "\"v\"");
  }
}

TEST_F(EvictionTest, IsAnnounced) {
  run("SET k v");
  starve(EvictionPolicy::allkeys_random);
  EXPECT_TRUE(events("SET other v").starts_with("evicted:k"));
}

TEST_F(EvictionTest, SpoilsAWatch) {
  run("SET k v");
  run("WATCH k");
  starve(EvictionPolicy::allkeys_lru);
  evict_all();
  feed();
  run("MULTI");
  EXPECT_EQ(run("EXEC"), "nil*");
}

TEST_F(EvictionTest, NothingGoesWhileTheLogRefuses) {
  run("SET k v");
  starve(EvictionPolicy::allkeys_lru);
  sink_.refuse("MISCONF no");
  evict_all();
  EXPECT_EQ(run("EXISTS k"), ":1");
}

TEST_F(EvictionTest, ATransactionThatWouldGrowIsRefused) {
  run("MULTI");
  EXPECT_EQ(run("SET k v"), "+QUEUED");
  starve(EvictionPolicy::noeviction);
  EXPECT_EQ(
      run("EXEC"),
      "-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > "
      "'maxmemory'.");
  run("MULTI");
  EXPECT_EQ(run("GET k"), "+QUEUED");
  EXPECT_EQ(run("EXEC"), "[nil]");
}

TEST_F(EvictionTest, WhoIsUsedLeastGoesFirst) {
  settings_.eviction_samples = 64;
  settings_.lfu_log_factor = 0;  // every use counts
  for (const EvictionPolicy policy : {EvictionPolicy::allkeys_lru, EvictionPolicy::allkeys_lfu}) {
    feed();
    settings_.eviction_policy = policy;
    run("FLUSHALL");
    run("MSET hot 1 cold 2 warm 3");
    for (int i = 0; i < 200; ++i) {
      if (i % 10 == 0) advance_ms(1000);
      run("GET hot");
      if (i < 100) run("GET warm");
    }
    take_log();
    starve(policy);
    evict_all();
    const std::string log = take_log();
    EXPECT_LT(log.find("DEL cold"), log.find("DEL warm")) << log;
    EXPECT_LT(log.find("DEL warm"), log.find("DEL hot")) << log;
  }
}

TEST_F(EvictionTest, WhoEndsFirstGoesFirst) {
  settings_.eviction_samples = 64;
  run("SET late v EX 3000");
  run("SET soon v EX 1000");
  run("SET middle v EX 2000");
  take_log();
  starve(EvictionPolicy::volatile_ttl);
  evict_all();
  EXPECT_EQ(take_log(), "DEL soon || DEL middle || DEL late");
}

}  // namespace

}  // namespace duplex::tests
