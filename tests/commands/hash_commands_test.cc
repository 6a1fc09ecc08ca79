// Hashes: what the log is given, which events there are, and how fields end.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::tests {

namespace {

using HashCommandsTest = CommandFixture;

constexpr std::int64_t budget_us = 1'000'000;

TEST_F(HashCommandsTest, TheLogGetsTheCommandAndResultsOfFractions) {
  EXPECT_EQ(logged("HSET h a 1 b 2"), "HSET h a 1 b 2");
  EXPECT_EQ(logged("HSETNX h a 2"), "");
  EXPECT_EQ(logged("HINCRBY h a 5"), "HINCRBY h a 5");
  EXPECT_EQ(logged("HINCRBYFLOAT h a 0.5"), "HSET h a 6.5");
  EXPECT_EQ(logged("HDEL h none"), "");
  EXPECT_EQ(logged("HDEL h a b"), "HDEL h a b");
  EXPECT_EQ(run("EXISTS h"), ":0");
}

TEST_F(HashCommandsTest, TheLogGetsAbsoluteTimesOfTheFieldsThatChanged) {
  run("HSET h a 1 b 2 c 3");
  EXPECT_EQ(logged("HEXPIRE h 100 FIELDS 2 a none"), "HPEXPIREAT h 1000000100000 FIELDS 1 a");
  EXPECT_EQ(logged("HPEXPIRE h 5 NX FIELDS 2 a b"), "HPEXPIREAT h 1000000000005 FIELDS 1 b");
  EXPECT_EQ(logged("HEXPIRE h 100 NX FIELDS 1 a"), "");
  EXPECT_EQ(logged("HINCRBYFLOAT h a 0.5"), "HSETEX h KEEPTTL FIELDS 1 a 1.5");
  EXPECT_EQ(logged("HPERSIST h FIELDS 2 a c"), "HPERSIST h FIELDS 1 a");
  EXPECT_EQ(logged("HGETEX h FIELDS 1 a"), "");
  EXPECT_EQ(logged("HGETEX h EX 1 FIELDS 2 a none"), "HPEXPIREAT h 1000000001000 FIELDS 1 a");
  EXPECT_EQ(logged("HGETEX h PERSIST FIELDS 2 a c"), "HPERSIST h FIELDS 1 a");
  EXPECT_EQ(logged("HSETEX h FXX EX 1 FIELDS 1 a 2"), "HSETEX h PXAT 1000000001000 FIELDS 1 a 2");
  EXPECT_EQ(logged("HSETEX h KEEPTTL FIELDS 1 a 2"), "HSETEX h KEEPTTL FIELDS 1 a 2");
  EXPECT_EQ(logged("HSETEX h FNX FIELDS 1 a 2"), "");
  EXPECT_EQ(logged("HGETDEL h FIELDS 2 a none"), "HDEL h a");
  EXPECT_EQ(logged("HPEXPIRE h 0 FIELDS 2 b none"), "HDEL h b");
  EXPECT_EQ(logged("HSETEX h EX 0 FIELDS 2 c 1 d 1"), "HDEL h c");
  EXPECT_EQ(run("EXISTS h"), ":0");
}

TEST_F(HashCommandsTest, Events) {
  EXPECT_EQ(events("HSET h a 1 b 2"), "new:h hset:h");
  EXPECT_EQ(events("HINCRBY h a 1"), "hincrby:h");
  EXPECT_EQ(events("HINCRBYFLOAT h a 1"), "hincrbyfloat:h");
  EXPECT_EQ(events("HEXPIRE h 10 FIELDS 1 a"), "hexpire:h");
  EXPECT_EQ(events("HPERSIST h FIELDS 1 a"), "hpersist:h");
  EXPECT_EQ(events("HSETEX h EX 10 FIELDS 1 a 1"), "hset:h hexpire:h");
  EXPECT_EQ(events("HDEL h a"), "hdel:h");
  EXPECT_EQ(events("HDEL h b"), "hdel:h del:h");
}

TEST_F(HashCommandsTest, FieldsThatHaveEndedAreRemovedByTheCyclesOfTheServer) {
  run("HSET h a 1 b 2 c 3");
  run("HPEXPIRE h 100 FIELDS 2 a b");
  run("HPEXPIRE h 200 FIELDS 1 c");
  take_log();
  EXPECT_EQ(executor_->expire_cycle(budget_us), 0u);
  EXPECT_EQ(take_log(), "");
  advance_ms(100);
  executor_->expire_cycle(budget_us);
  const std::string log = take_log();
  EXPECT_TRUE(log == "HDEL h a b" || log == "HDEL h b a") << log;
  EXPECT_EQ(run("HLEN h"), ":1");
  executor_->expire_cycle(budget_us);
  EXPECT_EQ(take_log(), "");
  advance_ms(100);
  executor_->expire_cycle(budget_us);
  EXPECT_EQ(take_log(), "HDEL h c");
  EXPECT_EQ(entry("h"), nullptr);
}

TEST_F(HashCommandsTest, ManyFieldsEndInSlices) {
  for (int i = 0; i < 1000; ++i) {
    const std::string field = std::to_string(i);
    run_args({"HSET", "h", field, "v"});
    run_args({"HPEXPIRE", "h", "50", "FIELDS", "1", field});
  }
  run("HSET h stays v");
  advance_ms(50);
  EXPECT_EQ(run("HGETALL h"), R"(["stays" "v"])");
  executor_->expire_cycle(0);
  EXPECT_EQ(run("HLEN h"), ":937");
  for (int i = 0; i < 1000; ++i)
    executor_->expire_cycle(budget_us);
  EXPECT_EQ(run("HLEN h"), ":1");
}

TEST_F(HashCommandsTest, AWriteRemovesTheEndedFieldItIsAbout) {
  const auto ended_field = [&] {
    run("DEL h");
    run("HSET h a 5 b 6");
    run("HPEXPIRE h 10 FIELDS 1 a");
    advance_ms(10);
    take_log();
  };
  ended_field();
  EXPECT_EQ(run("HSET h a 7"), ":1");
  EXPECT_EQ(take_log(), "HDEL h a | HSET h a 7");
  ended_field();
  EXPECT_EQ(run("HINCRBY h a 7"), ":7");
  EXPECT_EQ(take_log(), "HDEL h a | HINCRBY h a 7");
  ended_field();
  EXPECT_EQ(run("HSETNX h a 7"), ":1");
  EXPECT_EQ(take_log(), "HDEL h a | HSETNX h a 7");
  ended_field();
  EXPECT_EQ(run("HDEL h a b"), ":1");
  EXPECT_EQ(take_log(), "HDEL h a | HDEL h a b");
  EXPECT_EQ(entry("h"), nullptr);
  ended_field();
  EXPECT_EQ(run("HPERSIST h FIELDS 1 a"), "[:-2]");
  EXPECT_EQ(take_log(), "");
  ended_field();
  run("HDEL h b");
  EXPECT_EQ(run("HGETDEL h FIELDS 1 a"), "[nil]");
  EXPECT_EQ(entry("h"), nullptr);
}

TEST_F(HashCommandsTest, ReplayFindsFieldsThatHaveEndedSince) {
  run("HSET h a 1 b 2");
  set_now(0);
  for (const std::vector<std::string_view>& record :
       {std::vector<std::string_view>{"HPEXPIREAT", "h", "500", "FIELDS", "1", "a"},
        std::vector<std::string_view>{"HINCRBY", "h", "a", "1"},
        std::vector<std::string_view>{"HSETEX", "h", "PXAT", "600", "FIELDS", "1", "b", "3"}})
    EXPECT_EQ(executor_->replay(client_.state, record), std::nullopt);
  set_now(499);
  EXPECT_EQ(run("HMGET h a b"), R"(["2" "3"])");
  set_now(500);
  EXPECT_EQ(run("HMGET h a b"), R"([nil "3"])");
}

TEST_F(HashCommandsTest, AHashOfEndedFieldsOnlyIsStillAKey) {
  run("HSETEX h PX 10 FIELDS 1 a 1");
  advance_ms(10);
  EXPECT_EQ(run("EXISTS h"), ":1");
  EXPECT_EQ(run("HGETALL h"), "[]");
  EXPECT_EQ(run("HKEYS h"), "[]");
  EXPECT_EQ(run("HRANDFIELD h"), "nil");
  EXPECT_EQ(run("HRANDFIELD h 5"), "[]");
  EXPECT_EQ(run("HRANDFIELD h -5"), "[]");
  EXPECT_EQ(run("HSET h b 1"), ":1");
  EXPECT_EQ(run("HRANDFIELD h"), R"("b")");
  EXPECT_EQ(run("HRANDFIELD h 1 WITHVALUES"), R"(["b" "1"])");
  EXPECT_EQ(run("HRANDFIELD h -2"), R"(["b" "b"])");
}

TEST_F(HashCommandsTest, RandomFieldsAreDifferentUnlessAskedOtherwise) {
  for (const int size : {10, 600, 5000}) {
    run("DEL h");
    for (int i = 0; i < size; ++i)
      run_args({"HSET", "h", std::to_string(i), "v"});
    for (const int count : {1, size / 10, size / 2, size - 1, size, size + 1}) {
      std::string reply = run("HRANDFIELD h " + std::to_string(count));
      std::set<std::string> fields;
      std::size_t elements = 0;
      reply = reply.substr(1, reply.size() - 2);
      for (std::size_t at = 0; at < reply.size(); ++elements) {
        const std::size_t end = std::min(reply.find(' ', at), reply.size());
        fields.insert(reply.substr(at, end - at));
        at = end + 1;
      }
      EXPECT_EQ(elements, static_cast<std::size_t>(std::min(count, size)));
      EXPECT_EQ(fields.size(), elements);
    }
  }
}

}  // namespace

}  // namespace duplex::tests
