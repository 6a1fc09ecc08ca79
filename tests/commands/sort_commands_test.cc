// SORT: what the log is given, which events there are, and which shards are held.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using SortCommandsTest = CommandFixture;

TEST_F(SortCommandsTest, TheLogGetsTheResult) {
  run("RPUSH l 3 1 2");
  run("MSET w_1 5 w_2 4 w_3 6 n_2 two");
  EXPECT_EQ(logged("SORT l"), "");
  EXPECT_EQ(logged("SORT_RO l BY w_* GET n_*"), "");
  EXPECT_EQ(logged("SORT l STORE d"), "RPUSH d 1 2 3");
  EXPECT_EQ(logged("SORT l BY w_* DESC LIMIT 0 2 STORE d"), "DEL d | RPUSH d 3 1");
  EXPECT_EQ(logged("SORT l GET n_* GET # STORE d"), "DEL d | RPUSH d \"\" 1 two 2 \"\" 3");
  EXPECT_EQ(logged("SORT none STORE d"), "DEL d");
  EXPECT_EQ(logged("SORT none STORE d"), "");
  EXPECT_EQ(logged("SORT l STORE l"), "DEL l | RPUSH l 1 2 3");
  run("SELECT 2");
  run("SADD s b a");
  EXPECT_EQ(logged("SORT s BY nosort STORE d"), "[2] RPUSH d a b");
}

TEST_F(SortCommandsTest, KeysThatHaveEndedAreLoggedBeforeTheResult) {
  run("RPUSH l 1");
  run("SET w_1 5 PX 10");
  run("SET d x PX 10");
  take_log();
  advance_ms(20);
  EXPECT_EQ(logged("SORT l GET w_* STORE d"), "DEL w_1 | DEL d | RPUSH d \"\"");
}

TEST_F(SortCommandsTest, FieldsThatHaveEndedAreNotFound) {
  run("RPUSH l 1 2");
  run("HSET h_1 f 9 g x");
  run("HSET h_2 f 3");
  EXPECT_EQ(run("SORT l BY h_*->f"), "[\"2\" \"1\"]");
  run("HPEXPIRE h_1 10 FIELDS 1 f");
  advance_ms(20);
  EXPECT_EQ(run("SORT l BY h_*->f GET h_*->f"), "[nil \"3\"]");
}

TEST_F(SortCommandsTest, Events) {
  run("RPUSH l 3 1 2");
  EXPECT_EQ(events("SORT l"), "");
  EXPECT_EQ(events("SORT l STORE d"), "new:d sortstore:d");
  EXPECT_EQ(events("SORT l STORE d"), "sortstore:d");
  EXPECT_EQ(events("SORT none STORE d"), "keymiss:none del:d");
  EXPECT_EQ(events("SORT none STORE d"), "keymiss:none");
}

TEST_F(SortCommandsTest, EqualWeightsKeepTheOrderOfTheList) {
  run("RPUSH l c a b");
  run("MSET w_a x w_b x w_c x");
  EXPECT_EQ(run("SORT l BY w_* ALPHA"), "[\"c\" \"a\" \"b\"]");
  EXPECT_EQ(run("SORT l BY w_* ALPHA DESC"), "[\"c\" \"a\" \"b\"]");
  EXPECT_EQ(run("SORT l BY w_* ALPHA LIMIT 1 2"), "[\"a\" \"b\"]");
}

TEST_F(SortCommandsTest, OnlyPatternsThatLookUpNeedAllShards) {
  const auto locks_all = [&](std::string_view name, std::vector<std::string_view> args) {
    args.insert(args.begin(), name);
    return commands::locks_all_shards(*table_.find(name)->spec, args);
  };
  EXPECT_FALSE(locks_all("SORT", {"l"}));
  EXPECT_FALSE(locks_all("SORT", {"l", "BY", "nosort", "GET", "#", "GET", "none"}));
  EXPECT_FALSE(locks_all("SORT", {"l", "STORE", "w_*"}));
  EXPECT_FALSE(locks_all("SORT", {"l", "BY", "w_*", "BY", "nosort"}));
  EXPECT_TRUE(locks_all("SORT", {"l", "BY", "w_*"}));
  EXPECT_TRUE(locks_all("SORT", {"l", "BY", "nosort", "GET", "h_*->f"}));
  EXPECT_TRUE(locks_all("SORT_RO", {"l", "GET", "w_*"}));
  EXPECT_FALSE(locks_all("SORT_RO", {"l", "STORE", "d", "GET", "w_*"}));
}

TEST_F(SortCommandsTest, ManyKeysAreFoundAsFewAre) {
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(i);
    run("RPUSH l " + number);
    run("SET w_" + number + " " + std::to_string(100 - i));
    if (i != 3 && i != 99) continue;
    const std::string first = "\"" + number + "\" \"" + std::to_string(100 - i) + "\"";
    EXPECT_EQ(run("SORT l BY w_* GET # GET w_* LIMIT 0 1"), "[" + first + "]");
  }
  run("SADD s 1 2");
  run("ZADD z 1 1 2 2");
  EXPECT_EQ(run("SORT s BY w_*"), "[\"2\" \"1\"]");
  EXPECT_EQ(run("SORT_RO z BY w_* GET w_*"), "[\"98\" \"99\"]");
  EXPECT_EQ(run("SORT none BY w_*"), "[]");
  run("MULTI");
  run("SORT s BY w_* STORE d");
  EXPECT_EQ(run("EXEC"), "[:2]");
}

}  // namespace

}  // namespace duplex::tests
