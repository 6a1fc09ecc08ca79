// INCR, DECR, their BY forms and INCRBYFLOAT.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string_view>

namespace duplex::tests {

namespace {

class StringNumberCommandsTest : public CommandFixture {};

TEST_F(StringNumberCommandsTest, CountsUpAndDown) {
  play({{"INCR k", ":1"},
        {"INCRBY k 10", ":11"},
        {"DECR k", ":10"},
        {"DECRBY k 20", ":-10"},
        {"DECRBY k -5", ":-5"},
        {"INCRBY k 0", ":-5"},
        {"GET k", "\"-5\""}});
  EXPECT_EQ(encoding("k"), "int");
}

TEST_F(StringNumberCommandsTest, TheEndsOfTheRange) {
  const std::string_view overflow = "-ERR increment or decrement would overflow";
  const Step steps[] = {{"SET k 9223372036854775806", "+OK"},
                        {"INCR k", ":9223372036854775807"},
                        {"INCR k", overflow},
                        {"INCRBY k 9223372036854775807", overflow},
                        {"DECRBY k -1", overflow},
                        {"SET k -9223372036854775807", "+OK"},
                        {"DECR k", ":-9223372036854775808"},
                        {"DECR k", overflow},
                        {"INCRBY k -9223372036854775808", overflow},
                        {"DECRBY k -9223372036854775808", "-ERR decrement would overflow"},
                        {"INCRBY new -9223372036854775808", ":-9223372036854775808"},
                        {"GET k", "\"-9223372036854775808\""}};
  for (const Step& step : steps)
    EXPECT_EQ(run(step.line), step.reply) << step.line;
}

TEST_F(StringNumberCommandsTest, WhatIsNoInteger) {
  const std::string_view error = "-ERR value is not an integer or out of range";
  for (const std::string_view value : {"abc", "", " 1", "1 ", "1.5", "+1", "007", "-", "1e3"}) {
    run_args({"SET", "k", value});
    EXPECT_EQ(run("INCR k"), error) << value;
    EXPECT_EQ(run_args({"INCRBY", "new", value}), error) << value;
    EXPECT_EQ(run_args({"DECRBY", "new", value}), error) << value;
  }
  EXPECT_EQ(entry("new"), nullptr);
}

TEST_F(StringNumberCommandsTest, RawNumbersCountAsWell) {
  run("SET k 12");
  run("APPEND k 34");
  EXPECT_EQ(encoding("k"), "raw");
  EXPECT_EQ(run("INCR k"), ":1235");
  EXPECT_EQ(encoding("k"), "int");
}

TEST_F(StringNumberCommandsTest, TheExpiryStays) {
  run("SET k 5 EX 100");
  EXPECT_EQ(run("INCR k"), ":6");
  EXPECT_EQ(run("INCRBYFLOAT k 0.5"), "\"6.5\"");
  EXPECT_EQ(expiry_ms("k"), start_ms + 100'000);
}

TEST_F(StringNumberCommandsTest, Floats) {
  play({{"SET k 10.50", "+OK"},
        {"INCRBYFLOAT k 0.1", "\"10.6\""},
        {"INCRBYFLOAT k -5", "\"5.6\""},
        {"SET k 5.0e3", "+OK"},
        {"INCRBYFLOAT k 2.0e2", "\"5200\""},
        {"INCRBYFLOAT new 1.5", "\"1.5\""},
        {"INCRBYFLOAT new 1.5", "\"3\""},
        {"INCRBYFLOAT new -3", "\"0\""},
        {"SET p 1", "+OK"},
        {"INCRBYFLOAT p 0.00000000000000001", "\"1.00000000000000001\""},
        {"INCRBYFLOAT p 0x10", "\"17.00000000000000001\""},
        {"INCRBYFLOAT p inf", "-ERR increment would produce NaN or Infinity"},
        {"INCRBYFLOAT p nan", "-ERR value is not a valid float"},
        {"INCRBYFLOAT p \"1 \"", "-ERR value is not a valid float"},
        {"SET s abc", "+OK"},
        {"INCRBYFLOAT s 1", "-ERR value is not a valid float"}});
  EXPECT_EQ(encoding("new"), "embstr");
  EXPECT_EQ(run("INCR new"), ":1");
  EXPECT_EQ(encoding("new"), "int");
}

TEST_F(StringNumberCommandsTest, WhatIsLogged) {
  const Step steps[] = {{"INCR k", "INCR k"},
                        {"INCRBY k 5", "INCRBY k 5"},
                        {"DECR k", "DECR k"},
                        {"DECRBY k 3", "DECRBY k 3"},
                        {"INCRBYFLOAT k 0.5", "SET k 2.5 KEEPTTL"}};
  for (const Step& step : steps)
    EXPECT_EQ(logged(step.line), step.reply) << step.line;
  run("INCR k");
  run("INCRBYFLOAT k x");
  EXPECT_EQ(take_log(), "");
}

TEST_F(StringNumberCommandsTest, Events) {
  const Step steps[] = {{"INCR k", "new:k incrby:k"},
                        {"DECRBY k 5", "incrby:k"},
                        {"INCRBYFLOAT k 0.5", "incrbyfloat:k"},
                        {"INCR k", ""}};
  for (const Step& step : steps)
    EXPECT_EQ(events(step.line), step.reply) << step.line;
}

}  // namespace

}  // namespace duplex::tests
