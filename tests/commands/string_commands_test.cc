// GET, SET and their relatives: replies, what is stored, what is logged, what is announced.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::tests {

namespace {

class StringCommandsTest : public CommandFixture {};

TEST_F(StringCommandsTest, SetAndGet) {
  play({{"GET k", "nil"},
        {"SET k v", "+OK"},
        {"GET k", "\"v\""},
        {"SET k \"\"", "+OK"},
        {"GET k", "\"\""},
        {"SET k \"\\x00\\r\\n\"", "+OK"},
        {"GET k", R"("\x00\x0d\x0a")"},
        {"SET \"\" empty", "+OK"},
        {"GET \"\"", "\"empty\""},
        {"GET", "-ERR wrong number of arguments for 'get' command"},
        {"SET k", "-ERR wrong number of arguments for 'set' command"}});
}

TEST_F(StringCommandsTest, EncodingsFollowTheValue) {
  struct Case {
    std::string value;
    std::string_view encoding;
  };
  const Case cases[] = {{"123", "int"},
                        {"-9223372036854775808", "int"},
                        {"9223372036854775808", "embstr"},
                        {"01", "embstr"},
                        {"-0", "embstr"},
                        {std::string(44, 'x'), "embstr"},
                        {std::string(45, 'x'), "raw"},
                        {std::string(512, 'x'), "raw"},
                        {std::string(513, 'x'), "raw"},
                        {std::string(100'000, 'x'), "raw"}};
  // Each over each: whatever was there before, in place or not.
  for (const Case& before : cases)
    for (const Case& now : cases) {
      run_args({"SET", "k", before.value});
      EXPECT_EQ(run_args({"SET", "k", now.value}), "+OK");
      EXPECT_EQ(encoding("k"), now.encoding) << now.value;
      EXPECT_EQ(run("GET k"), bytes_text(now.value));
    }
}

TEST_F(StringCommandsTest, SetOverwritesInPlaceIfTheSizeIsTheSame) {
  run("SET k abc");
  const store::Entry* before = entry("k");
  run("SET k xyz");
  EXPECT_EQ(entry("k"), before);
  run("SET n 1");
  const store::Entry* number = entry("n");
  run("SET n 1234567");
  EXPECT_EQ(entry("n"), number);
  run("SET t abc EX 10");
  const store::Entry* expiring = entry("t");
  run("SET t xyz EX 20");
  EXPECT_EQ(entry("t"), expiring);
  EXPECT_EQ(expiry_ms("t"), start_ms + 20'000);
  run("SET t new KEEPTTL");
  EXPECT_EQ(entry("t"), expiring);
  EXPECT_EQ(expiry_ms("t"), start_ms + 20'000);
  run("SET t old");
  EXPECT_EQ(expiry_ms("t"), -1);
  EXPECT_EQ(run("GET t"), "\"old\"");
}

TEST_F(StringCommandsTest, SetConditions) {
  play({{"SET k v XX", "nil"},
        {"GET k", "nil"},
        {"SET k v NX", "+OK"},
        {"SET k w nx", "nil"},
        {"SET k w xX", "+OK"},
        {"GET k", "\"w\""},
        {"SET k w NX NX", "nil"},
        {"SET k x IFEQ v", "nil"},
        {"SET k x IFEQ w", "+OK"},
        {"SET k y IFEQ x GET", "\"x\""},
        {"SET k z IFEQ x GET", "\"y\""},
        {"GET k", "\"y\""},
        {"SET none v IFEQ v", "nil"},
        {"SET none v IFEQ v GET", "nil"},
        {"SET n 12", "+OK"},
        {"SET n 13 IFEQ 12", "+OK"},
        {"SET n 14 IFEQ 013", "nil"}});
}

TEST_F(StringCommandsTest, SetGetAnswersTheOldValue) {
  play({{"SET k a GET", "nil"},
        {"SET k b GET", "\"a\""},
        {"SET k c NX GET", "\"b\""},
        {"GET k", "\"b\""},
        {"SET k c XX GET", "\"b\""},
        {"SET new c XX GET", "nil"},
        {"GET new", "nil"},
        {"SET new c NX GET", "nil"},
        {"GET new", "\"c\""},
        {"SET k d GET GET EX 100", "\"c\""}});
  EXPECT_EQ(expiry_ms("k"), start_ms + 100'000);
}

TEST_F(StringCommandsTest, SetTimes) {
  struct Case {
    std::string_view options;
    std::int64_t expiry_ms;
  };
  const Case cases[] = {{"EX 100", start_ms + 100'000},
                        {"px 100", start_ms + 100},
                        {"EXAT 1000000001", 1'000'000'001'000},
                        {"PXAT 1000000000500", 1'000'000'000'500},
                        {"KEEPTTL", 1'000'000'000'500},
                        {"XX KEEPTTL GET", 1'000'000'000'500},
                        {"EX 10 EX 20", start_ms + 20'000},
                        {"XX EX 60", start_ms + 60'000},
                        {"EX 50 XX", start_ms + 50'000},
                        {"PX 9223371036854775807", 9223372036854775806},
                        {"", -1},
                        {"KEEPTTL", -1}};
  for (const Case& one : cases) {
    const std::string reply = run("SET k v " + std::string(one.options));
    EXPECT_FALSE(reply.starts_with('-')) << one.options << reply;
    EXPECT_EQ(expiry_ms("k"), one.expiry_ms) << one.options;
  }
}

TEST_F(StringCommandsTest, SetRefusesBadOptions) {
  run("SET k v EX 100");
  const std::string_view syntax = "-ERR syntax error";
  const std::string_view invalid = "-ERR invalid expire time in 'set' command";
  const std::string_view no_integer = "-ERR value is not an integer or out of range";
  const Step steps[] = {{"SET k w EX", syntax},
                        {"SET k w NX XX", syntax},
                        {"SET k w XX NX", syntax},
                        {"SET k w NX IFEQ v", syntax},
                        {"SET k w IFEQ v XX", syntax},
                        {"SET k w IFEQ v IFEQ v", syntax},
                        {"SET k w IFEQ", syntax},
                        {"SET k w EX 10 PX 10", syntax},
                        {"SET k w EX 10 KEEPTTL", syntax},
                        {"SET k w KEEPTTL PXAT 10", syntax},
                        {"SET k w PERSIST", syntax},
                        {"SET k w FOO", syntax},
                        {"SET k w EX 10 20", syntax},
                        {"SET k w EX 0", invalid},
                        {"SET k w PX -1", invalid},
                        {"SET k w EXAT 0", invalid},
                        {"SET k w PXAT -1", invalid},
                        {"SET k w EX 9223372036854775807", invalid},
                        {"SET k w EX 9223372036854775", invalid},
                        {"SET k w PX 9223372036854775807", invalid},
                        {"SET k w EX abc", no_integer},
                        {"SET k w EX 1.5", no_integer},
                        {"SET k w EX NX", no_integer},
                        {"SET k w PX \"\"", no_integer}};
  for (const Step& step : steps)
    EXPECT_EQ(run(step.line), step.reply) << step.line;
  EXPECT_EQ(run("GET k"), "\"v\"");
  EXPECT_EQ(expiry_ms("k"), start_ms + 100'000);
}

TEST_F(StringCommandsTest, AValueMayHaveEndedWhenItIsSet) {
  run("SET k v");
  EXPECT_EQ(logged("SET k w PXAT 1"), "SET k w PXAT 1");
  EXPECT_EQ(logged("GET k"), "DEL k");
  EXPECT_EQ(events("SET k w EXAT 1"), "new:k set:k expire:k");
  EXPECT_EQ(run("GET k"), "nil");
  run("SET k v");
  EXPECT_EQ(run("SET k w PXAT 1 GET"), "\"v\"");
  EXPECT_EQ(run("GET k"), "nil");
}

TEST_F(StringCommandsTest, KeysEnd) {
  run("SET k v PX 100");
  advance_ms(99);
  EXPECT_EQ(run("GET k"), "\"v\"");
  advance_ms(1);
  take_log();
  EXPECT_EQ(run("GET k"), "nil");
  EXPECT_EQ(take_log(), "DEL k");
  run("SET k v PX 100");
  advance_ms(100);
  EXPECT_EQ(logged("SET k w NX KEEPTTL"), "DEL k | SET k w KEEPTTL");
  EXPECT_EQ(expiry_ms("k"), -1);
}

TEST_F(StringCommandsTest, WhatIsLogged) {
  const Step steps[] = {
      {"SET k v", "SET k v"},
      {"SET k v EX 10", "SET k v PXAT 1000000010000"},
      {"SET k v PX 10", "SET k v PXAT 1000000000010"},
      {"SET k v EXAT 1000000001", "SET k v PXAT 1000000001000"},
      {"SET k v PXAT 1000000000001 GET", "SET k v PXAT 1000000000001"},
      {"SET k v KEEPTTL", "SET k v KEEPTTL"},
      {"SET k v GET", "SET k v"},
      {"SET k v NX", ""},
      {"SET new v NX", "SET new v"},
      {"SET k v XX EX 1", "SET k v PXAT 1000000001000"},
      {"SET k w IFEQ v", "SET k w"},
      {"SET k w IFEQ v", ""},
      {"SETNX k v", ""},
      {"SETNX new2 v", "SETNX new2 v"},
      {"SETEX k 5 v", "SET k v PXAT 1000000005000"},
      {"PSETEX k 5 v", "SET k v PXAT 1000000000005"},
      {"GETSET k v", "SET k v"},
      {"GET k", ""},
      {"GETEX k", ""},
      {"GETEX k EX 5", "PEXPIREAT k 1000000005000"},
      {"GETEX k PERSIST", "PERSIST k"},
      {"GETEX k PERSIST", ""},
      {"GETEX k PXAT 1", "DEL k"},
      {"GETEX k EX 5", ""},
      {"SET k v", "SET k v"},
      {"DELIFEQ k w", ""},
      {"DELIFEQ k v", "DEL k"},
      {"DELIFEQ k v", ""},
      {"SET k v", "SET k v"},
      {"GETDEL k", "DEL k"},
      {"GETDEL k", ""},
      {"MSET a 1 b 2", "MSET a 1 b 2"},
      {"MSETNX a 1 c 2", ""},
      {"MSETNX c 1 d 2", "MSETNX c 1 d 2"},
      {"MGET a b", ""},
  };
  for (const Step& step : steps)
    EXPECT_EQ(logged(step.line), step.reply) << step.line;
}

TEST_F(StringCommandsTest, ErrorsLogNothing) {
  run("SET k v");
  take_log();
  for (const std::string_view line : {"SET k v EX 0",
                                      "SET k v FOO",
                                      "SETEX k 0 v",
                                      "GETEX k EX 0",
                                      "GETEX k FOO",
                                      "MSET a 1 b",
                                      "MSETNX a 1 b"}) {
    EXPECT_TRUE(run(line).starts_with("-ERR")) << line;
    EXPECT_EQ(take_log(), "") << line;
  }
}

TEST_F(StringCommandsTest, Events) {
  const Step steps[] = {{"SET k v", "new:k set:k"},
                        {"SET k w", "set:k"},
                        {"SET k v EX 10", "set:k expire:k"},
                        {"SET k v NX", ""},
                        {"SETEX k 10 v", "set:k expire:k"},
                        {"SETNX k v", ""},
                        {"GETSET k v", "set:k"},
                        {"GETEX k EX 10", "expire:k"},
                        {"GETEX k PERSIST", "persist:k"},
                        {"GETEX k PXAT 1", "del:k"},
                        {"GET k", "keymiss:k"},
                        {"MSET a 1 b 2", "new:a set:a new:b set:b"},
                        {"GETDEL a", "del:a"},
                        {"DELIFEQ b 2", "del:b"}};
  for (const Step& step : steps)
    EXPECT_EQ(events(step.line), step.reply) << step.line;
}

TEST_F(StringCommandsTest, SetexAndPsetex) {
  play({{"SETEX k 10 v", "+OK"},
        {"GET k", "\"v\""},
        {"SETEX k 0 v", "-ERR invalid expire time in 'setex' command"},
        {"SETEX k -1 v", "-ERR invalid expire time in 'setex' command"},
        {"SETEX k abc v", "-ERR value is not an integer or out of range"},
        {"PSETEX k 0 v", "-ERR invalid expire time in 'psetex' command"},
        {"PSETEX k 1 12", "+OK"}});
  EXPECT_EQ(expiry_ms("k"), start_ms + 1);
  EXPECT_EQ(encoding("k"), "int");
}

TEST_F(StringCommandsTest, GetsetGetdelDelifeq) {
  play({{"GETSET k a", "nil"},
        {"GETSET k 12", "\"a\""},
        {"GETSET k b", "\"12\""},
        {"GETDEL k", "\"b\""},
        {"GETDEL k", "nil"},
        {"SET k v EX 10", "+OK"},
        {"GETSET k w", "\"v\""},
        {"DELIFEQ k v", ":0"},
        {"DELIFEQ k w", ":1"},
        {"DELIFEQ k w", ":0"},
        {"SET n 12", "+OK"},
        {"DELIFEQ n 012", ":0"},
        {"DELIFEQ n 12", ":1"}});
}

TEST_F(StringCommandsTest, Getex) {
  play({{"GETEX none EX 0", "nil"},
        {"SET k v", "+OK"},
        {"GETEX k EX 0", "-ERR invalid expire time in 'getex' command"},
        {"GETEX k PX abc", "-ERR value is not an integer or out of range"},
        {"GETEX k EX", "-ERR syntax error"},
        {"GETEX k EX 10 PERSIST", "-ERR syntax error"},
        {"GETEX k PERSIST EX 10", "-ERR syntax error"},
        {"GETEX k KEEPTTL", "-ERR syntax error"},
        {"GETEX k PERSIST PERSIST", "\"v\""},
        {"GETEX k EX 10", "\"v\""}});
  EXPECT_EQ(expiry_ms("k"), start_ms + 10'000);
  EXPECT_EQ(run("GETEX k"), "\"v\"");
  EXPECT_EQ(expiry_ms("k"), start_ms + 10'000);
  EXPECT_EQ(run("GETEX k persist"), "\"v\"");
  EXPECT_EQ(expiry_ms("k"), -1);
  EXPECT_EQ(run("GETEX k EXAT 1"), "\"v\"");
  EXPECT_EQ(entry("k"), nullptr);
}

TEST_F(StringCommandsTest, SeveralAtOnce) {
  play({{"MSET a 1 b \"\" a 2", "+OK"},
        {"MGET a b c a", "[\"2\" \"\" nil \"2\"]"},
        {"MSET a 1 b", "-ERR wrong number of arguments for 'mset' command"},
        {"MSETNX a 1 b", "-ERR wrong number of arguments for 'msetnx' command"},
        {"MSETNX c 3 a 4", ":0"},
        {"MGET a c", "[\"2\" nil]"},
        {"MSETNX c 3 c 4", ":1"},
        {"MGET c", "[\"4\"]"},
        {"SET t v EX 10", "+OK"},
        {"MSET t w u x", "+OK"}});
  EXPECT_EQ(expiry_ms("t"), -1);
}

TEST_F(StringCommandsTest, NullsOfBothProtocols) {
  EXPECT_EQ(raw("GET none"), "$-1\r\n");
  EXPECT_EQ(raw("SET none v XX"), "$-1\r\n");
  use_protocol(resp::Protocol::resp3);
  EXPECT_EQ(raw("GET none"), "_\r\n");
  EXPECT_EQ(raw("SET none v XX"), "_\r\n");
  EXPECT_EQ(raw("MGET none"), "*1\r\n_\r\n");
}

TEST_F(StringCommandsTest, AChangeSpoilsWatchersAndNoChangeDoesNot) {
  run("SET k v");
  run(other_, "WATCH k");
  run("SET k w NX");
  run("GETEX k");
  run(other_, "MULTI");
  EXPECT_EQ(run(other_, "EXEC"), "[]");
  run(other_, "WATCH k");
  run("SET k v");
  run(other_, "MULTI");
  EXPECT_EQ(run(other_, "EXEC"), "nil*");
}

TEST_F(StringCommandsTest, HitsAndMissesAreCounted) {
  run("SET k v");
  const std::uint64_t hits = statistics_[0]->keyspace_hits.value();
  const std::uint64_t misses = statistics_[0]->keyspace_misses.value();
  run("MGET k none k");
  run("SET k v GET");
  EXPECT_EQ(statistics_[0]->keyspace_hits.value(), hits + 3);
  EXPECT_EQ(statistics_[0]->keyspace_misses.value(), misses + 1);
}

TEST_F(StringCommandsTest, LargeValuesAreFreedInTheBackground) {
  const std::string large(2 << 20, 'x');
  run_args({"SET", "k", large});
  run("SET k v");
  EXPECT_EQ(server_.discarded_entries, 1u);
}

}  // namespace

}  // namespace duplex::tests
