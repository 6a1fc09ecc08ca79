// PUBLISH, RT.PUBLISH and RT.HISTORY on channels with a history.
#include "commands/channel_history.h"
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

// Channels that begin with "h" keep three publications for a minute; those with "m" do so in memory
// only.
class SomeHistory : public commands::ChannelHistory {
 public:
  using ChannelHistory::ChannelHistory;

  std::optional<commands::HistoryRule> rule_of(std::string_view channel) const override {
    const bool is_logged = channel.starts_with('h');
    if (!is_logged && !channel.starts_with('m')) return std::nullopt;
    return commands::HistoryRule{.size_max = 3, .ttl_ms = 60'000, .is_logged = is_logged};
  }
};

class HistoryTest : public CommandFixture {
 protected:
  HistoryTest() { services_.history = &history_; }

  SomeHistory history_{start_ms, true};
};

TEST_F(HistoryTest, PublishAppends) {
  EXPECT_EQ(run("PUBLISH hall hello"), ":0");
  EXPECT_EQ(take_log(),
            "XADD rt:h:hall MAXLEN = 3 1000000000000-1 d hello | PEXPIREAT rt:h:hall "
            "1000000060000");
  EXPECT_EQ(run("XRANGE rt:h:hall - +"), R"([["1000000000000-1" ["d" "hello"]]])");
  EXPECT_EQ(expiry_ms("rt:h:hall"), start_ms + 60'000);
  EXPECT_EQ(run("PUBLISH other hello"), ":0");
  EXPECT_EQ(run("EXISTS rt:h:other"), ":0");
}

TEST_F(HistoryTest, TheStreamIsInTheFirstDatabase) {
  EXPECT_EQ(run("SELECT 3"), "+OK");
  EXPECT_EQ(run("PUBLISH hall hello"), ":0");
  EXPECT_EQ(run("DBSIZE"), ":0");
  EXPECT_EQ(run("SELECT 0"), "+OK");
  EXPECT_EQ(run("XLEN rt:h:hall"), ":1");
}

TEST_F(HistoryTest, OldPublicationsGo) {
  for (const std::string_view data : {"a", "b", "c", "d"})
    run_args({"PUBLISH", "hall", data});
  EXPECT_EQ(run("RT.HISTORY hall"),
            R"(["epoch" "1000000000000" "offset" :4 "publications" )"
            R"([[:2 "b" nil nil] [:3 "c" nil nil] [:4 "d" nil nil]]])");
  advance_ms(60'000);
  EXPECT_EQ(run("RT.HISTORY hall"), R"(["epoch" "" "offset" :0 "publications" []])");
  EXPECT_EQ(run("PUBLISH hall e"), ":0");
  EXPECT_EQ(run("RT.HISTORY hall LIMIT 0"),
            R"(["epoch" "1000000060000" "offset" :1 "publications" []])");
}

TEST_F(HistoryTest, RtPublishSaysWhere) {
  EXPECT_EQ(run(R"(RT.PUBLISH hall 1 INFO '{"user":"u"}' tags '{"a":"b"}')"),
            R"(["receivers" :0 "epoch" "1000000000000" "offset" :1])");
  EXPECT_EQ(run("RT.PUBLISH other 1"), R"(["receivers" :0 "epoch" "" "offset" :0])");
  EXPECT_EQ(run("RT.HISTORY hall"),
            R"(["epoch" "1000000000000" "offset" :1 "publications" )"
            R"([[:1 "1" "{\"user\":\"u\"}" "{\"a\":\"b\"}"]]])");
  EXPECT_EQ(run("RT.PUBLISH hall 1 INFO x"), "-ERR INFO and TAGS must be JSON objects");
  EXPECT_EQ(run("RT.PUBLISH hall 1 INFO '[]'"), "-ERR INFO and TAGS must be JSON objects");
  EXPECT_EQ(run("RT.PUBLISH hall 1 TAGS"), "-ERR syntax error");
  EXPECT_EQ(run("RT.PUBLISH hall 1 MORE '{}'"), "-ERR syntax error");
}

TEST_F(HistoryTest, APartIsAskedFor) {
  for (const std::string_view data : {"a", "b", "c"})
    run_args({"PUBLISH", "hall", data});
  const std::string head = R"(["epoch" "1000000000000" "offset" :3 "publications" )";
  const std::string a = R"([:1 "a" nil nil])";
  const std::string b = R"([:2 "b" nil nil])";
  const std::string c = R"([:3 "c" nil nil])";
  const std::string epoch = "1000000000000";
  EXPECT_EQ(run("RT.HISTORY hall SINCE " + epoch + " 1"), head + "[" + b + " " + c + "]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE " + epoch + " 1 LIMIT 1"), head + "[" + b + "]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE " + epoch + " 3"), head + "[]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE " + epoch + " 9"), head + "[]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE 5 1"), head + "[]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE '' 2"), head + "[" + c + "]]");
  EXPECT_EQ(run("RT.HISTORY hall REVERSE"), head + "[" + c + " " + b + " " + a + "]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE " + epoch + " 3 REVERSE LIMIT 1"), head + "[" + b + "]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE " + epoch + " 1 REVERSE"), head + "[]]");
  EXPECT_EQ(run("RT.HISTORY hall SINCE x"), "-ERR syntax error");
  EXPECT_EQ(run("RT.HISTORY hall SINCE x y"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(run("RT.HISTORY hall LIMIT y"), "-ERR value is not an integer or out of range");
}

TEST_F(HistoryTest, APositionIsMade) {
  EXPECT_EQ(run("RT.HISTORY hall"), R"(["epoch" "" "offset" :0 "publications" []])");
  EXPECT_EQ(run("RT.HISTORY hall MAKE"),
            R"(["epoch" "1000000000000" "offset" :0 "publications" []])");
  EXPECT_EQ(take_log(),
            R"(XADD rt:h:hall MAXLEN = 0 1000000000000-0 d "" | PEXPIREAT rt:h:hall )"
            "1000000060000");
  EXPECT_EQ(run("RT.HISTORY hall MAKE"),
            R"(["epoch" "1000000000000" "offset" :0 "publications" []])");
  EXPECT_EQ(take_log(), "");
  EXPECT_EQ(run("RT.PUBLISH hall a"), R"(["receivers" :0 "epoch" "1000000000000" "offset" :1])");
  EXPECT_EQ(run("RT.HISTORY other MAKE"), R"(["epoch" "" "offset" :0 "publications" []])");
}

TEST_F(HistoryTest, EveryStreamHasAnEpochOfItsOwn) {
  EXPECT_EQ(run("RT.PUBLISH hall a"), R"(["receivers" :0 "epoch" "1000000000000" "offset" :1])");
  EXPECT_EQ(run("DEL rt:h:hall"), ":1");
  EXPECT_EQ(run("RT.PUBLISH hall a"), R"(["receivers" :0 "epoch" "1000000000001" "offset" :1])");
}

TEST_F(HistoryTest, InMemoryOnly) {
  EXPECT_EQ(run("PUBLISH mall a"), ":0");
  EXPECT_EQ(take_log(), "");
  EXPECT_EQ(run("XLEN rt:h:mall"), ":1");
}

TEST_F(HistoryTest, WhatASnapshotMayLackBeginsAnew) {
  EXPECT_EQ(run("XADD rt:h:mall 999999999999-7 d old"), R"("999999999999-7")");
  EXPECT_EQ(run("XADD rt:h:hall 999999999999-7 d old"), R"("999999999999-7")");
  EXPECT_EQ(run("RT.HISTORY mall"), R"(["epoch" "" "offset" :0 "publications" []])");
  EXPECT_EQ(run("RT.PUBLISH mall a"), R"(["receivers" :0 "epoch" "1000000000000" "offset" :1])");
  EXPECT_EQ(run("RT.PUBLISH hall a"), R"(["receivers" :0 "epoch" "999999999999" "offset" :8])");
}

TEST_F(HistoryTest, ReceiversAreToldWhenTheLogHasIt) {
  EXPECT_EQ(run(other_, "SUBSCRIBE hall"), R"(["subscribe" "hall" :1])");
  EXPECT_EQ(run("MULTI"), "+OK");
  run("PUBLISH hall a");
  run("PUBLISH plain b");
  run("SET k v");
  EXPECT_EQ(run("EXEC"), "[:1 :0 +OK]");
  EXPECT_EQ(other_.messages, std::vector<std::string>{"hall a"});
  EXPECT_EQ(run("EVAL \"return redis.call('publish', 'hall', 'c')\" 0"), ":1");
  EXPECT_EQ(other_.messages.back(), "hall c");
  EXPECT_EQ(run("XLEN rt:h:hall"), ":2");
}

TEST_F(HistoryTest, ItIsRefusedLikeAWrite) {
  sink_.refuse("MISCONF no");
  EXPECT_EQ(run("PUBLISH hall a"), "-MISCONF no");
  EXPECT_EQ(run("PUBLISH other a"), ":0");
  EXPECT_EQ(run("RT.HISTORY hall MAKE"), R"(["epoch" "" "offset" :0 "publications" []])");
}

TEST_F(HistoryTest, AnotherValueIsInTheWay) {
  EXPECT_EQ(run("SET rt:h:hall x"), "+OK");
  EXPECT_EQ(run("PUBLISH hall a").substr(0, 10), "-WRONGTYPE");
  EXPECT_EQ(run("RT.HISTORY hall MAKE"), R"(["epoch" "" "offset" :0 "publications" []])");
}

}  // namespace

}  // namespace duplex::tests
