// APPEND, GETRANGE, SETRANGE, STRLEN and SUBSTR.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

class StringRangeCommandsTest : public CommandFixture {};

TEST_F(StringRangeCommandsTest, Append) {
  play({{"APPEND k hello", ":5"},
        {"APPEND k \" world\"", ":11"},
        {"GET k", "\"hello world\""},
        {"APPEND new \"\"", ":0"},
        {"GET new", "\"\""},
        {"SET n 12", "+OK"},
        {"APPEND n 34", ":4"},
        {"GET n", "\"1234\""},
        {"SET t a EX 100", "+OK"},
        {"APPEND t b", ":2"}});
  EXPECT_EQ(encoding("n"), "raw");
  EXPECT_EQ(encoding("k"), "raw");
  EXPECT_EQ(expiry_ms("t"), start_ms + 100'000);
  run("APPEND m 34");
  EXPECT_EQ(encoding("m"), "int");
}

TEST_F(StringRangeCommandsTest, AppendsUpToLargeStrings) {
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    expected += piece;
    ASSERT_EQ(run_args({"APPEND", "k", piece}), ":" + std::to_string(expected.size()));
  }
  EXPECT_EQ(run("GET k"), bytes_text(expected));
  // With room to grow, the entry stays where it is.
  const store::Entry* before = entry("k");
  run("APPEND k x");
  EXPECT_EQ(entry("k"), before);
}

TEST_F(StringRangeCommandsTest, Getrange) {
  run("SET k \"Hello World\"");
  run("SET n 123456");
  const Step steps[] = {{"GETRANGE k 0 4", "\"Hello\""},
                        {"GETRANGE k 0 -1", "\"Hello World\""},
                        {"GETRANGE k -5 -3", "\"Wor\""},
                        {"GETRANGE k 4 2", "\"\""},
                        {"GETRANGE k -3 -5", "\"\""},
                        {"GETRANGE k -50 -100", "\"\""},
                        {"GETRANGE k 10 100", "\"d\""},
                        {"GETRANGE k 11 100", "\"\""},
                        {"GETRANGE k -100 -50", "\"H\""},
                        {"GETRANGE k 0 -100", "\"H\""},
                        {"GETRANGE k -9223372036854775808 9223372036854775807", "\"Hello World\""},
                        {"SUBSTR n 1 3", "\"234\""},
                        {"GETRANGE none 0 -1", "\"\""},
                        {"GETRANGE none x 1", "-ERR value is not an integer or out of range"},
                        {"GETRANGE k 0 1.5", "-ERR value is not an integer or out of range"}};
  for (const Step& step : steps)
    EXPECT_EQ(run(step.line), step.reply) << step.line;
}

TEST_F(StringRangeCommandsTest, Setrange) {
  play({{"SET k \"Hello World\"", "+OK"},
        {"SETRANGE k 6 Redis", ":11"},
        {"GET k", "\"Hello Redis\""},
        {"SETRANGE k 9 \"longer than before\"", ":27"},
        {"GET k", "\"Hello Redlonger than before\""},
        {"SETRANGE k 100 \"\"", ":27"},
        {"SETRANGE new 3 abc", ":6"},
        {"GET new", R"("\x00\x00\x00abc")"},
        {"SETRANGE none 5 \"\"", ":0"},
        {"GET none", "nil"},
        {"SET n 12345", "+OK"},
        {"SETRANGE n 1 9", ":5"},
        {"GET n", "\"19345\""},
        {"SET t abc EX 100", "+OK"},
        {"SETRANGE t 1 X", ":3"},
        {"SETRANGE k -1 x", "-ERR offset is out of range"},
        {"SETRANGE k abc x", "-ERR value is not an integer or out of range"}});
  EXPECT_EQ(encoding("n"), "raw");
  EXPECT_EQ(encoding("new"), "raw");
  EXPECT_EQ(expiry_ms("t"), start_ms + 100'000);
}

TEST_F(StringRangeCommandsTest, SetrangeGrowsWithZeros) {
  run("SET k x");
  EXPECT_EQ(run("SETRANGE k 5000 y"), ":5001");
  EXPECT_EQ(run("GET k"), bytes_text("x" + std::string(4999, '\0') + "y"));
  EXPECT_EQ(run("SETRANGE k 9000 z"), ":9001");
  EXPECT_EQ(run("GETRANGE k 4999 5001"), R"("\x00y\x00")");
}

TEST_F(StringRangeCommandsTest, StringsHaveALimit) {
  const std::string_view too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
  settings_.bulk_bytes_max = 100;
  EXPECT_EQ(run("SETRANGE k 99 x"), ":100");
  EXPECT_EQ(run("SETRANGE k 100 x"), too_long);
  EXPECT_EQ(run("SETRANGE k 9223372036854775807 x"), too_long);
  EXPECT_EQ(run("APPEND k x"), too_long);
  EXPECT_EQ(run("APPEND k \"\""), ":100");
  EXPECT_EQ(run("SETRANGE new 9223372036854775807 \"\""), ":0");
}

TEST_F(StringRangeCommandsTest, Strlen) {
  play({{"STRLEN none", ":0"},
        {"SET k \"\"", "+OK"},
        {"STRLEN k", ":0"},
        {"SET k -123", "+OK"},
        {"STRLEN k", ":4"}});
}

TEST_F(StringRangeCommandsTest, WhatIsLoggedAndAnnounced) {
  EXPECT_EQ(logged("APPEND k a"), "APPEND k a");
  EXPECT_EQ(logged("SETRANGE k 2 b"), "SETRANGE k 2 b");
  EXPECT_EQ(logged("SETRANGE k 2 \"\""), "");
  EXPECT_EQ(logged("GETRANGE k 0 -1"), "");
  EXPECT_EQ(events("APPEND k a"), "append:k");
  EXPECT_EQ(events("SETRANGE new 0 b"), "new:new setrange:new");
}

}  // namespace

}  // namespace duplex::tests
