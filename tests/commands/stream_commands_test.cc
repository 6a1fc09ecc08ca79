// Streams: what the log is given, which events there are, and who reads what.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::tests {

namespace {

using StreamCommandsTest = CommandFixture;

TEST_F(StreamCommandsTest, TheLogGetsIdsAndWhatATrimHasLeft) {
  const std::string now = std::to_string(now_ms_);
  EXPECT_EQ(logged("XADD s NOMKSTREAM * f v"), "");
  EXPECT_EQ(logged("XADD s * f v"), "XADD s " + now + "-0 f v");
  EXPECT_EQ(logged("XADD s * f v"), "XADD s " + now + "-1 f v");
  EXPECT_EQ(logged("XADD t 1-* f v"), "XADD t 1-0 f v");
  EXPECT_EQ(logged("XADD t NOMKSTREAM 1-* f v"), "XADD t 1-1 f v");
  EXPECT_EQ(logged("XADD t MAXLEN 9 2-1 f v"), "XADD t 2-1 f v");
  EXPECT_EQ(logged("XADD t MAXLEN 2 3-1 f v"), "XADD t MAXLEN = 2 3-1 f v");
  EXPECT_EQ(logged("XADD t MAXLEN ~ 1 4-1 f v"), "XADD t 4-1 f v");
  EXPECT_EQ(logged("XADD t MAXLEN ~ 0 LIMIT 9 5-1 f v"), "XADD t MAXLEN = 0 5-1 f v");
  EXPECT_EQ(logged("XADD t MINID 9 6-1 f v"), "XADD t MINID = 9-0 6-1 f v");
  EXPECT_EQ(logged("XADD t 7-1 f v"), "XADD t 7-1 f v");
  EXPECT_EQ(logged("XADD t 7-2 f v"), "XADD t 7-2 f v");
  EXPECT_EQ(logged("XADD t MINID 7-2 7-3 f v"), "XADD t MINID = 7-2 7-3 f v");
  EXPECT_EQ(logged("XTRIM t MAXLEN 5"), "");
  EXPECT_EQ(logged("XTRIM t MAXLEN ~ 1"), "");
  EXPECT_EQ(logged("XTRIM t MAXLEN 1"), "XTRIM t MAXLEN = 1");
  EXPECT_EQ(logged("XTRIM t MINID ~ 8"), "XTRIM t MINID = 8-0");
  EXPECT_EQ(logged("XTRIM none MAXLEN 1"), "");
}

TEST_F(StreamCommandsTest, TheLogGetsWhatChangedSomething) {
  run("XADD s 1-1 f v");
  run("XADD s 2-1 f v");
  EXPECT_EQ(logged("XDEL s 9"), "");
  EXPECT_EQ(logged("XDEL s 9 1-1"), "XDEL s 9 1-1");
  EXPECT_EQ(logged("XSETID s 5 ENTRIESADDED 7"), "XSETID s 5 ENTRIESADDED 7");
  EXPECT_EQ(logged("XGROUP CREATE s g $"), "XGROUP CREATE s g $");
  EXPECT_EQ(logged("XGROUP CREATE new g 0 MKSTREAM"), "XGROUP CREATE new g 0 MKSTREAM");
  EXPECT_EQ(logged("XGROUP SETID s g 0"), "XGROUP SETID s g 0");
  EXPECT_EQ(logged("XGROUP CREATECONSUMER s g a"), "XGROUP CREATECONSUMER s g a");
  EXPECT_EQ(logged("XGROUP CREATECONSUMER s g a"), "");
  EXPECT_EQ(logged("XGROUP DELCONSUMER s g none"), "");
  EXPECT_EQ(logged("XGROUP DELCONSUMER s g a"), "XGROUP DELCONSUMER s g a");
  EXPECT_EQ(logged("XGROUP DESTROY s none"), "");
  EXPECT_EQ(logged("XGROUP DESTROY s g"), "XGROUP DESTROY s g");
  EXPECT_EQ(logged("XREAD STREAMS s 0"), "");
}

TEST_F(StreamCommandsTest, TheLogGetsDeliveriesAsClaims) {
  run("XADD s 1-1 f v");
  run("XADD s 2-1 f v");
  run("XADD s 3-1 f v");
  run("XGROUP CREATE s g 0");
  const std::string time = " TIME " + std::to_string(now_ms_);
  const auto claim = [&](const std::string& id, const std::string& rest) {
    return "XCLAIM s g " + rest.substr(0, 1) + " 0 " + id + time + " RETRYCOUNT " +
           rest.substr(2, 1) + " FORCE JUSTID LASTID " + rest.substr(4);
  };
  EXPECT_EQ(logged("XREADGROUP GROUP g a COUNT 2 STREAMS s >"),
            "XGROUP CREATECONSUMER s g a | " + claim("1-1", "a 1 1-1") + " | " +
                claim("2-1", "a 1 2-1") + " | XGROUP SETID s g 2-1 ENTRIESREAD 2");
  EXPECT_EQ(logged("XREADGROUP GROUP g a STREAMS s 0"), "");
  EXPECT_EQ(logged("XREADGROUP GROUP g a NOACK STREAMS s >"), "XGROUP SETID s g 3-1 ENTRIESREAD 3");
  EXPECT_EQ(logged("XREADGROUP GROUP g a STREAMS s >"), "");
  EXPECT_EQ(logged("XCLAIM s g b 0 9 1-1"),
            "XGROUP CREATECONSUMER s g b | " + claim("1-1", "b 3 3-1"));
  EXPECT_EQ(logged("XCLAIM s g b 0 1-1 JUSTID"), claim("1-1", "b 3 3-1"));
  EXPECT_EQ(logged("XCLAIM s g b 5000 1-1"), "");
  EXPECT_EQ(logged("XCLAIM s g b 0 9 LASTID 7"), "XGROUP SETID s g 7-0 ENTRIESREAD 3");
  EXPECT_EQ(logged("XAUTOCLAIM s g b 0 2 COUNT 1"), claim("2-1", "b 3 7-0"));
  run("XDEL s 1-1 2-1");
  EXPECT_EQ(logged("XCLAIM s g b 0 1-1"), "XACK s g 1-1");
  EXPECT_EQ(logged("XAUTOCLAIM s g b 0 0"), "XACK s g 2-1");
  EXPECT_EQ(logged("XAUTOCLAIM s g b 0 0"), "");
  EXPECT_EQ(logged("XACK s g 3-1"), "");
}

TEST_F(StreamCommandsTest, Events) {
  EXPECT_EQ(events("XADD s 1-1 f v"), "new:s xadd:s");
  EXPECT_EQ(events("XADD s MAXLEN 1 2-1 f v"), "xadd:s xtrim:s");
  EXPECT_EQ(events("XADD s MAXLEN 5 3-1 f v"), "xadd:s");
  EXPECT_EQ(events("XTRIM s MAXLEN 5"), "");
  EXPECT_EQ(events("XTRIM s MAXLEN 1"), "xtrim:s");
  EXPECT_EQ(events("XDEL s 1-1"), "");
  EXPECT_EQ(events("XSETID s 9"), "xsetid:s");
  EXPECT_EQ(events("XGROUP CREATE s g 0"), "xgroup-create:s");
  EXPECT_EQ(events("XGROUP SETID s g 0"), "xgroup-setid:s");
  EXPECT_EQ(events("XGROUP CREATECONSUMER s g a"), "xgroup-createconsumer:s");
  EXPECT_EQ(events("XREADGROUP GROUP g b STREAMS s >"), "xgroup-createconsumer:s");
  EXPECT_EQ(events("XREADGROUP GROUP g b STREAMS s 0"), "");
  EXPECT_EQ(events("XACK s g 3-1"), "");
  EXPECT_EQ(events("XGROUP DELCONSUMER s g a"), "xgroup-delconsumer:s");
  EXPECT_EQ(events("XGROUP DESTROY s g"), "xgroup-destroy:s");
  EXPECT_EQ(events("XDEL s 3-1"), "xdel:s");
  EXPECT_EQ(events("XGROUP CREATE new g 0 MKSTREAM"), "new:new xgroup-create:new");
}

TEST_F(StreamCommandsTest, ConsumersAreSeenWheneverTheyTryAndActiveWhenTheyGetSomething) {
  run("XADD s 1-1 f v");
  run("XGROUP CREATE s g 0");
  run("XGROUP CREATECONSUMER s g a");
  advance_ms(100);
  EXPECT_EQ(run("XINFO CONSUMERS s g"),
            R"([["name" "a" "pending" :0 "idle" :100 "inactive" :-1]])");
  run("XREADGROUP GROUP g a STREAMS s >");
  advance_ms(50);
  run("XREADGROUP GROUP g a STREAMS s >");
  advance_ms(7);
  EXPECT_EQ(run("XINFO CONSUMERS s g"), R"([["name" "a" "pending" :1 "idle" :7 "inactive" :57]])");
  EXPECT_EQ(run("XPENDING s g IDLE 58 - + 9"), "[]");
  EXPECT_EQ(run("XPENDING s g IDLE 57 - + 9"), R"([["1-1" "a" :57 :1]])");
  EXPECT_EQ(run("XAUTOCLAIM s g b 58 0 JUSTID"), R"(["0-0" [] []])");
  EXPECT_EQ(run("XCLAIM s g b 57 1-1 JUSTID"), R"(["1-1"])");
}

TEST_F(StreamCommandsTest, AutoclaimLooksAtSoManyEntriesOnly) {
  run("XGROUP CREATE s g 0 MKSTREAM");
  for (int i = 1; i <= 30; ++i)
    run("XADD s " + std::to_string(i) + " f v");
  run("XREADGROUP GROUP g a STREAMS s >");
  EXPECT_EQ(run("XAUTOCLAIM s g b 1 0 COUNT 2"), R"(["21-0" [] []])");
  EXPECT_EQ(run("XAUTOCLAIM s g b 1 21 COUNT 2"), R"(["0-0" [] []])");
}

TEST_F(StreamCommandsTest, ALogIsObeyed) {
  for (int i = 1; i <= 5; ++i)
    run("XADD s " + std::to_string(i) + " f v");
  run("XGROUP CREATE s g 0");
  executor_->set_now(0);
  commands::Client log;  // a client without a connection
  using Words = std::vector<std::string_view>;
  for (const Words& words :
       {Words{"XTRIM", "s", "MAXLEN", "=", "3", "LIMIT", "1"},
        Words{"XDEL", "s", "5"},
        Words{"XSETID", "s", "4"},
        Words{"XGROUP", "CREATECONSUMER", "s", "g", "a"},
        Words{"XCLAIM", "s", "g", "b", "0", "3", "TIME", "1000000000000", "FORCE", "JUSTID"}})
    EXPECT_EQ(executor_->replay(log, words), std::nullopt) << words[0];
  set_now(start_ms + 500);
  EXPECT_EQ(run("XINFO CONSUMERS s g"),
            R"([["name" "a" "pending" :0 "idle" :0 "inactive" :-1] )"
            R"(["name" "b" "pending" :1 "idle" :500 "inactive" :500]])");
  EXPECT_EQ(run("XPENDING s g - + 9"), R"([["3-0" "b" :500 :1]])");
  EXPECT_EQ(run("XLEN s"), ":2");
}

TEST_F(StreamCommandsTest, ANameMayLookLikeAnOption) {
  run("XADD k 1 f v");
  run("XGROUP CREATE k streams 0");
  EXPECT_EQ(run("XREADGROUP COUNT 1 GROUP streams c streams k >"),
            R"([["k" [["1-0" ["f" "v"]]]]])");
  EXPECT_EQ(run("XREAD STREAMS STREAMS 0"), "nil*");
}

TEST_F(StreamCommandsTest, TheLastEntryCanBeAskedFor) {
  EXPECT_EQ(run("XREAD STREAMS s +"), "nil*");
  run("XADD s 1-1 f v");
  run("XADD s 2-0 f w");
  run("XADD s 3-1 f x");
  run("XDEL s 3-1");
  EXPECT_EQ(run("XREAD STREAMS s +"), R"([["s" [["2-0" ["f" "w"]]]]])");
  run("XTRIM s MAXLEN 0");
  EXPECT_EQ(run("XREAD STREAMS s +"), "nil*");
}

}  // namespace

}  // namespace duplex::tests
