// BITFIELD and BITFIELD_RO: widths, offsets, overflow.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string_view>

namespace duplex::tests {

namespace {

class BitfieldCommandsTest : public CommandFixture {};

TEST_F(BitfieldCommandsTest, GetSetIncrby) {
  play({{"BITFIELD k INCRBY i5 100 1 GET u4 0", "[:1 :0]"},
        {"BITFIELD k SET u8 0 255 GET i8 0 GET u4 4 GET i1 7", "[:0 :-1 :15 :-1]"},
        {"BITFIELD k SET u8 #1 65 GET u8 8 GET u16 #0", "[:0 :65 :65345]"},
        {"BITFIELD k", "[]"},
        {"BITFIELD none GET i63 100", "[:0]"},
        {"BITFIELD made SET u8 16 0", "[:0]"},
        {"GET made", R"("\x00\x00\x00")"},
        {"BITFIELD w SET u13 7 5000 GET u13 7 GET u7 1", "[:0 :5000 :1]"},
        {"BITFIELD w SET i64 1 -9223372036854775808 GET i64 1",
         "[:175921860444160000 "
         ":-9223372036854775808]"},
        {"BITFIELD x SET u63 3 9223372036854775807 GET u63 3 GET i64 2",
         "[:0 :9223372036854775807 :9223372036854775807]"}});
  EXPECT_EQ(entry("none"), nullptr);
}

TEST_F(BitfieldCommandsTest, Overflow) {
  const Step steps[] = {
      {"BITFIELD k SET u2 0 4 GET u2 0", "[:0 :0]"},
      {"BITFIELD k SET u2 0 -1 GET u2 0 INCRBY u2 0 1", "[:0 :3 :0]"},
      {"BITFIELD k SET i8 8 127 INCRBY i8 8 1 INCRBY i8 8 -1", "[:0 :-128 :127]"},
      {"BITFIELD k SET i8 8 -129 GET i8 8", "[:127 :127]"},
      {"BITFIELD k SET i64 64 9223372036854775807 INCRBY i64 64 1", "[:0 :-9223372036854775808]"},
      {"BITFIELD k INCRBY i64 64 -1", "[:9223372036854775807]"},
      {"BITFIELD k SET u63 128 9223372036854775807 INCRBY u63 128 1 INCRBY u63 128 -1",
       "[:0 :0 :9223372036854775807]"},
      {"BITFIELD s OVERFLOW SAT SET u2 0 5 GET u2 0 INCRBY u2 0 -100", "[:0 :3 :0]"},
      {"BITFIELD s OVERFLOW SAT SET u2 0 -1 GET u2 0", "[:0 :3]"},
      {"BITFIELD s OVERFLOW sat SET i8 8 200 SET i8 8 -200 GET i8 8", "[:0 :127 :-128]"},
      {"BITFIELD s OVERFLOW SAT SET i64 64 9223372036854775807 INCRBY i64 64 1",
       "[:0 :9223372036854775807]"},
      {"BITFIELD f OVERFLOW FAIL SET u2 0 4 SET u2 0 3 INCRBY u2 0 1 GET u2 0", "[nil :0 nil :3]"},
      {"BITFIELD f OVERFLOW FAIL INCRBY u2 0 1 OVERFLOW WRAP INCRBY u2 0 1 OVERFLOW SAT INCRBY u2 "
       "0 10",
       "[nil :0 :3]"}};
  for (const Step& step : steps)
    EXPECT_EQ(run(step.line), step.reply) << step.line;
}

TEST_F(BitfieldCommandsTest, Errors) {
  run("SET z \"\\x00\"");
  const std::string_view bad_type =
      "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
      "i64 "
      "is.";
  const std::string_view bad_offset = "-ERR bit offset is not an integer or out of range";
  for (const std::string_view type : {"u0", "i0", "u64", "i65", "x8", "U8", "8", "u", "", "u8x"})
    EXPECT_EQ(run_args({"BITFIELD", "z", "GET", type, "0"}), bad_type) << type;
  for (const std::string_view offset :
       {"-1", "abc", "#", "#-1", "", "4294967296", "#536870912", "#9223372036854775807"})
    EXPECT_EQ(run_args({"BITFIELD", "z", "GET", "u8", offset}), bad_offset) << offset;
  play({{"BITFIELD z GET u8 4294967295", "[:0]"},
        {"BITFIELD z SET u8 0 abc", "-ERR value is not an integer or out of range"},
        {"BITFIELD z SET u8 0 1 GET u8", "-ERR syntax error"},
        {"BITFIELD z SET u8 0", "-ERR syntax error"},
        {"BITFIELD z OVERFLOW", "-ERR syntax error"},
        {"BITFIELD z OVERFLOW FOO GET u8 0", "-ERR Invalid OVERFLOW type specified"},
        {"BITFIELD z FOO", "-ERR syntax error"},
        {"GET z", R"("\x00")"}});
}

TEST_F(BitfieldCommandsTest, ReadOnly) {
  run("SET k foobar");
  play({{"BITFIELD_RO k GET u8 0 GET i8 #1 GET u8 1000", "[:102 :111 :0]"},
        {"BITFIELD_RO k", "[]"},
        {"BITFIELD_RO k GET u8 0 SET u8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand"},
        {"BITFIELD_RO k OVERFLOW SAT GET u8 0", "[:102]"},
        {"GET k", "\"foobar\""}});
}

TEST_F(BitfieldCommandsTest, WhatIsLoggedAndAnnounced) {
  const Step steps[] = {
      {"BITFIELD k SET u8 0 1 GET u8 0", "BITFIELD k SET u8 0 1 GET u8 0"},
      {"BITFIELD k SET u8 0 1", ""},
      {"BITFIELD k OVERFLOW FAIL SET u8 0 256", ""},
      {"BITFIELD k OVERFLOW FAIL SET u8 8 256", "BITFIELD k OVERFLOW FAIL SET u8 8 256"},
      {"BITFIELD k GET u8 0", ""},
      {"BITFIELD none GET u8 0", ""}};
  for (const Step& step : steps)
    EXPECT_EQ(logged(step.line), step.reply) << step.line;
  EXPECT_EQ(events("BITFIELD new SET u8 0 1 SET u8 8 1"), "new:new setbit:new");
  EXPECT_EQ(events("BITFIELD new SET u8 0 1"), "");
}

TEST_F(BitfieldCommandsTest, TheExpiryStays) {
  run("SET t a EX 100");
  run("BITFIELD t SET u8 0 98 SET u8 #600 1");
  EXPECT_EQ(run("GETRANGE t 0 0"), "\"b\"");
  EXPECT_EQ(expiry_ms("t"), start_ms + 100'000);
}

}  // namespace

}  // namespace duplex::tests
