// When keys end.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using ExpireCommandsTest = CommandFixture;

TEST_F(ExpireCommandsTest, EveryFormEndsAtTheSameTime) {
  for (const std::string_view line :
       {"EXPIRE k 100", "PEXPIRE k 100000", "EXPIREAT k 1000000100", "PEXPIREAT k 1000000100000"}) {
    run("SET k v");
    EXPECT_EQ(run(line), ":1") << line;
    EXPECT_EQ(run("TTL k"), ":100") << line;
    EXPECT_EQ(run("PTTL k"), ":100000") << line;
    EXPECT_EQ(run("EXPIRETIME k"), ":1000000100") << line;
    EXPECT_EQ(run("PEXPIRETIME k"), ":1000000100000") << line;
  }
}

TEST_F(ExpireCommandsTest, TheLogGetsAbsoluteTimes) {
  run("SET k v");
  EXPECT_EQ(logged("EXPIRE k 100"), "PEXPIREAT k 1000000100000");
  EXPECT_EQ(logged("PEXPIRE k 5 XX"), "PEXPIREAT k 1000000000005");
  EXPECT_EQ(logged("EXPIREAT k 1000000001"), "PEXPIREAT k 1000000001000");
  EXPECT_EQ(logged("PERSIST k"), "PERSIST k");
  EXPECT_EQ(logged("PERSIST k"), "");
  EXPECT_EQ(logged("EXPIRE none 100"), "");
}

TEST_F(ExpireCommandsTest, ATimeThatIsOverDeletes) {
  for (const std::string_view line :
       {"EXPIRE k 0", "EXPIRE k -1", "PEXPIREAT k 1", "EXPIREAT k 1000000000"}) {
    run("SET k v");
    EXPECT_EQ(logged(line), "DEL k") << line;
    EXPECT_EQ(expiry_ms("k"), -2) << line;
  }
  run("SET k v");
  EXPECT_EQ(events("EXPIRE k -1"), "del:k");
}

TEST_F(ExpireCommandsTest, Events) {
  run("SET k v");
  EXPECT_EQ(events("EXPIRE k 100"), "expire:k");
  EXPECT_EQ(events("PERSIST k"), "persist:k");
  EXPECT_EQ(events("EXPIRE k 100 XX"), "");
}

TEST_F(ExpireCommandsTest, Conditions) {
  run("SET k v");
  EXPECT_EQ(run("EXPIRE k 100 XX"), ":0");
  EXPECT_EQ(run("EXPIRE k 100 GT"), ":0");
  EXPECT_EQ(run("EXPIRE k 100 LT"), ":1");
  EXPECT_EQ(run("EXPIRE k 200 NX"), ":0");
  EXPECT_EQ(run("EXPIRE k 100 gt"), ":0");
  EXPECT_EQ(run("EXPIRE k 101 gt"), ":1");
  EXPECT_EQ(run("EXPIRE k 101 LT"), ":0");
  EXPECT_EQ(run("EXPIRE k 100 XX LT"), ":1");
  EXPECT_EQ(run("TTL k"), ":100");
  EXPECT_EQ(run("EXPIRE k -1 NX"), ":0");
  EXPECT_EQ(run("EXISTS k"), ":1");
}

TEST_F(ExpireCommandsTest, ConditionsThatContradictEachOther) {
  EXPECT_EQ(run("EXPIRE k 1 NX GT"),
            "-ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(run("EXPIRE k 1 GT LT"), "-ERR GT and LT options at the same time are not compatible");
  EXPECT_EQ(run("EXPIRE k 1 NX FOO"), "-ERR Unsupported option FOO");
}

TEST_F(ExpireCommandsTest, TimesOutOfRange) {
  run("SET k v");
  EXPECT_EQ(run("EXPIRE k x"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(run("EXPIRE k 9223372036854775807"), "-ERR invalid expire time in 'expire' command");
  EXPECT_EQ(run("PEXPIRE k 9223372036854775807"), "-ERR invalid expire time in 'pexpire' command");
  EXPECT_EQ(run("EXPIREAT k -9223372036854775807"),
            "-ERR invalid expire time in 'expireat' command");
  EXPECT_EQ(run("TTL k"), ":-1");
  EXPECT_EQ(run("EXPIRE k 9000000000000000"), ":1");
  EXPECT_EQ(run("TTL k"), ":9000000000000000");
}

TEST_F(ExpireCommandsTest, ALastTimeIsStillATime) {
  run("SET k v");
  EXPECT_EQ(run("PEXPIREAT k 9223372036854775807"), ":1");
  EXPECT_NE(expiry_ms("k"), -1);
  EXPECT_EQ(run("PERSIST k"), ":1");
}

TEST_F(ExpireCommandsTest, WhatIsLeftIsRounded) {
  run("SET k v PX 1500");
  EXPECT_EQ(run("TTL k"), ":2");
  EXPECT_EQ(run("EXPIRETIME k"), ":1000000002");
  advance_ms(1);
  EXPECT_EQ(run("TTL k"), ":1");
  EXPECT_EQ(run("PTTL k"), ":1499");
  advance_ms(1499);
  EXPECT_EQ(run("TTL k"), ":-2");
  EXPECT_EQ(run("PEXPIRETIME k"), ":-2");
}

TEST_F(ExpireCommandsTest, PersistKeepsTheValue) {
  run("SET k v PX 10");
  EXPECT_EQ(run("PERSIST k"), ":1");
  EXPECT_EQ(run("PERSIST none"), ":0");
  advance_ms(1000);
  EXPECT_EQ(run("GET k"), "\"v\"");
  EXPECT_EQ(run("PTTL k"), ":-1");
}

}  // namespace

}  // namespace duplex::tests
