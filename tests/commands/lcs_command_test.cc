// LCS: the subsequence, its length, its matches.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

namespace duplex::tests {

namespace {

class LcsCommandTest : public CommandFixture {};

TEST_F(LcsCommandTest, SubsequenceAndLength) {
  play({{"MSET a ohmytext b mynewtext n1 12345 n2 2346 e \"\"", "+OK"},
        {"LCS a b", "\"mytext\""},
        {"LCS a b LEN", ":6"},
        {"LCS n1 n2", "\"234\""},
        {"LCS a a", "\"ohmytext\""},
        {"LCS a e", "\"\""},
        {"LCS none a LEN", ":0"},
        {"LCS none other", "\"\""}});
}

TEST_F(LcsCommandTest, Matches) {
  run("MSET a ohmytext b mynewtext");
  play({{"LCS a b IDX", "[\"matches\" [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] \"len\" :6]"},
        {"LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN",
         "[\"matches\" [[[:4 :7] [:5 :8] :4]] \"len\" :6]"},
        {"LCS a b IDX MINMATCHLEN -5",
         "[\"matches\" [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] \"len\" :6]"},
        {"LCS a b IDX MINMATCHLEN 5", "[\"matches\" [] \"len\" :6]"},
        {"LCS a none IDX", "[\"matches\" [] \"len\" :0]"}});
  use_protocol(resp::Protocol::resp3);
  EXPECT_EQ(run("LCS a b IDX MINMATCHLEN 4"), "{\"matches\"=>[[[:4 :7] [:5 :8]]] \"len\"=>:6}");
}

TEST_F(LcsCommandTest, ChoosesAmongSeveralAsRedisDoes) {
  run("MSET a ACGTACGTTAGCTAGCTAGC b ACGATTTAGCTGCTAGCCGC");
  EXPECT_EQ(run("LCS a b"), "\"ACGATTAGCTGCTAGC\"");
  EXPECT_EQ(run("LCS a b IDX"),
            "[\"matches\" [[[:18 :19] [:18 :19]] [[:14 :17] [:11 :14]] [[:7 :12] [:5 :10]] "
            "[[:4 :4] [:3 :3]] [[:0 :2] [:0 :2]]] \"len\" :16]");
}

TEST_F(LcsCommandTest, Errors) {
  play({{"LCS a b LEN IDX", "-ERR If you want both the length and indexes, please just use IDX."},
        {"LCS a b FOO", "-ERR syntax error"},
        {"LCS a b MINMATCHLEN", "-ERR syntax error"},
        {"LCS a b IDX MINMATCHLEN abc", "-ERR value is not an integer or out of range"}});
  run_args({"SET", "a", std::string(70'000, 'a')});
  EXPECT_EQ(run("LCS a a"), "-ERR Insufficient memory, failed allocating transient memory for LCS");
}

TEST_F(LcsCommandTest, AKeyThatEndsIsReadAsNothing) {
  run("SET a abc");
  run("SET b abc PX 10");
  advance_ms(10);
  EXPECT_EQ(run("LCS a b LEN"), ":0");
  EXPECT_EQ(run("LCS a a LEN"), ":3");
}

}  // namespace

}  // namespace duplex::tests
