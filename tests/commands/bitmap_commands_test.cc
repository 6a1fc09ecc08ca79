// BITCOUNT, BITOP, BITPOS, GETBIT and SETBIT.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

class BitmapCommandsTest : public CommandFixture {};

TEST_F(BitmapCommandsTest, SetbitAndGetbit) {
  play({{"SETBIT k 7 1", ":0"},
        {"SETBIT k 7 0", ":1"},
        {"SETBIT k 23 1", ":0"},
        {"GET k", R"("\x00\x00\x01")"},
        {"GETBIT k 23", ":1"},
        {"GETBIT k 22", ":0"},
        {"GETBIT k 4294967295", ":0"},
        {"GETBIT none 0", ":0"},
        {"SET n 1", "+OK"},
        {"GETBIT n 2", ":1"},
        {"SETBIT n 6 1", ":0"},
        {"GET n", "\"3\""},
        {"SET t a EX 100", "+OK"},
        {"SETBIT t 6 1", ":0"}});
  EXPECT_EQ(encoding("n"), "raw");
  EXPECT_EQ(expiry_ms("t"), start_ms + 100'000);
}

TEST_F(BitmapCommandsTest, BitsThatAreNone) {
  const std::string_view bad_offset = "-ERR bit offset is not an integer or out of range";
  const std::string_view bad_bit = "-ERR bit is not an integer or out of range";
  for (const std::string_view offset : {"-1", "4294967296", "abc", "", "#1", "1.5"}) {
    EXPECT_EQ(run_args({"SETBIT", "k", offset, "1"}), bad_offset);
    EXPECT_EQ(run_args({"GETBIT", "k", offset}), bad_offset);
  }
  for (const std::string_view bit : {"2", "-1", "abc", ""})
    EXPECT_EQ(run_args({"SETBIT", "k", "0", bit}), bad_bit);
  EXPECT_EQ(run("SETBIT k -1 2"), bad_offset);
  EXPECT_EQ(entry("k"), nullptr);
  settings_.bulk_bytes_max = 2;
  EXPECT_EQ(run("SETBIT k 15 1"), ":0");
  EXPECT_EQ(run("SETBIT k 16 1"), bad_offset);
}

TEST_F(BitmapCommandsTest, Bitcount) {
  run("SET k foobar");
  const Step steps[] = {{"BITCOUNT k", ":26"},
                        {"BITCOUNT k 0 0", ":4"},
                        {"BITCOUNT k 1", ":22"},
                        {"BITCOUNT k -2 -1", ":7"},
                        {"BITCOUNT k -100 -50", ":4"},
                        {"BITCOUNT k -1 -3", ":0"},
                        {"BITCOUNT k 5 3", ":0"},
                        {"BITCOUNT k 1 1 byte", ":6"},
                        {"BITCOUNT k 5 30 BIT", ":17"},
                        {"BITCOUNT k 7 9 BIT", ":1"},
                        {"BITCOUNT k -8 -1 bit", ":4"},
                        {"BITCOUNT k -9223372036854775808 9223372036854775807 BIT", ":26"},
                        {"BITCOUNT none 0 -1", ":0"},
                        {"BITCOUNT k a 1", "-ERR value is not an integer or out of range"},
                        {"BITCOUNT none 0 b", "-ERR value is not an integer or out of range"},
                        {"BITCOUNT k 0 1 BITS", "-ERR syntax error"},
                        {"BITCOUNT k 0 1 BIT BYTE", "-ERR syntax error"}};
  for (const Step& step : steps)
    EXPECT_EQ(run(step.line), step.reply) << step.line;
}

TEST_F(BitmapCommandsTest, Bitpos) {
  run("SET k \"\\x00\\xff\\xf0\"");
  run("SET ones \"\\xff\\xff\\xff\"");
  run("SET empty \"\"");
  const Step steps[] = {{"BITPOS k 1", ":8"},
                        {"BITPOS k 1 2", ":16"},
                        {"BITPOS k 1 -50 -100", ":-1"},
                        {"BITPOS k 0 -50 -100", ":0"},
                        {"BITPOS k 0 1", ":20"},
                        {"BITPOS k 0 1 1", ":-1"},
                        {"BITPOS k 1 7 15 BIT", ":8"},
                        {"BITPOS k 1 0 7 BIT", ":-1"},
                        {"BITPOS k 0 8 20 BIT", ":20"},
                        {"BITPOS k 1 3", ":-1"},
                        {"BITPOS ones 0", ":24"},
                        {"BITPOS ones 0 1", ":24"},
                        {"BITPOS ones 0 3", ":-1"},
                        {"BITPOS ones 0 0 -1", ":-1"},
                        {"BITPOS none 0", ":0"},
                        {"BITPOS none 1", ":-1"},
                        {"BITPOS empty 0", ":-1"},
                        {"BITPOS k 2", "-ERR The bit argument must be 1 or 0."},
                        {"BITPOS k a", "-ERR value is not an integer or out of range"},
                        {"BITPOS none 0 a", "-ERR value is not an integer or out of range"},
                        {"BITPOS k 1 0 1 FOO", "-ERR syntax error"},
                        {"BITPOS k 1 0 1 BIT BIT", "-ERR syntax error"}};
  for (const Step& step : steps)
    EXPECT_EQ(run(step.line), step.reply) << step.line;
}

TEST_F(BitmapCommandsTest, Bitop) {
  run("MSET a \"\\xff\\x0f\\x55\" b \"\\x0f\\xf0\" c \"\\xaa\" n 12 m 34");
  play({{"BITOP AND d a b", ":3"},
        {"GET d", R"("\x0f\x00\x00")"},
        {"BITOP or d a b", ":3"},
        {"GET d", R"("\xff\xffU")"},
        {"BITOP XOR d a b c", ":3"},
        {"GET d", R"("Z\xffU")"},
        {"BITOP NOT d a", ":3"},
        {"GET d", R"("\x00\xf0\xaa")"},
        {"BITOP OR a a b", ":3"},
        {"GET a", R"("\xff\xffU")"},
        {"BITOP AND d b none", ":2"},
        {"GET d", R"("\x00\x00")"},
        {"BITOP OR d n m", ":2"},
        {"GET d", "\"36\""},
        {"BITOP NOT d a b", "-ERR BITOP NOT must be called with a single source key."},
        {"BITOP FOO d a", "-ERR syntax error"}});
  EXPECT_EQ(encoding("d"), "raw");
  run("SET d x EX 10");
  run("BITOP OR d b c");
  EXPECT_EQ(expiry_ms("d"), -1);
  EXPECT_EQ(run("BITOP XOR d none other"), ":0");
  EXPECT_EQ(entry("d"), nullptr);
}

TEST_F(BitmapCommandsTest, BitopReusesTheMemoryOfItsTarget) {
  run_args({"SET", "a", std::string(1000, 'a')});
  run_args({"SET", "b", std::string(1000, 'b')});
  run("BITOP OR d a b");
  const store::Entry* before = entry("d");
  run("BITOP AND d a b");
  EXPECT_EQ(entry("d"), before);
  EXPECT_EQ(run("GET d"), bytes_text(std::string(1000, '`')));
  // Not if the target is read as well.
  run("BITOP XOR d a d b");
  EXPECT_EQ(run("GET d"), bytes_text(std::string(1000, 'c')));
  run("SET e xx");
  EXPECT_EQ(encoding("e"), "embstr");
  run("MSET f ab g cd");
  run("BITOP OR e f g");
  EXPECT_EQ(encoding("e"), "raw");
  EXPECT_EQ(run("GET e"), "\"cf\"");
}

TEST_F(BitmapCommandsTest, BitopOfSourcesThatEnd) {
  run("MSET a aa c cc");
  run("SET b bb PX 10");
  advance_ms(10);
  EXPECT_EQ(logged("BITOP OR d a b c"), "DEL b | BITOP OR d a b c");
  EXPECT_EQ(run("GET d"), "\"cc\"");
}

TEST_F(BitmapCommandsTest, WhatIsLogged) {
  const Step steps[] = {{"SETBIT k 9 1", "SETBIT k 9 1"},
                        {"SETBIT k 9 1", ""},
                        {"SETBIT k 8 0", ""},
                        {"SETBIT k 20 0", "SETBIT k 20 0"},
                        {"BITOP NOT d k", "BITOP NOT d k"},
                        {"BITOP OR d none", "DEL d"},
                        {"BITOP OR d none", ""},
                        {"BITCOUNT k", ""}};
  for (const Step& step : steps)
    EXPECT_EQ(logged(step.line), step.reply) << step.line;
}

TEST_F(BitmapCommandsTest, Events) {
  const Step steps[] = {{"SETBIT k 9 1", "new:k setbit:k"},
                        {"SETBIT k 9 1", ""},
                        {"BITOP NOT k k", "set:k"},
                        {"BITOP OR k none", "keymiss:none del:k"}};
  for (const Step& step : steps)
    EXPECT_EQ(events(step.line), step.reply) << step.line;
}

}  // namespace

}  // namespace duplex::tests
