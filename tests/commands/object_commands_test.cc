// OBJECT: how a value is kept and how it has been used.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

namespace duplex::tests {

namespace {

using ObjectCommandsTest = CommandFixture;

TEST_F(ObjectCommandsTest, Encoding) {
  run("MSET n 12345 s hello");
  run("SETRANGE r 0 hello");
  EXPECT_EQ(run("OBJECT ENCODING n"), "\"int\"");
  EXPECT_EQ(run("object encoding s"), "\"embstr\"");
  EXPECT_EQ(run("OBJECT ENCODING r"), "\"raw\"");
  EXPECT_EQ(run("OBJECT ENCODING none"), "nil");
}

TEST_F(ObjectCommandsTest, Refcount) {
  run("MSET small 9999 large 10000 s hello");
  EXPECT_EQ(run("OBJECT REFCOUNT small"), ":2147483647");
  EXPECT_EQ(run("OBJECT REFCOUNT large"), ":1");
  EXPECT_EQ(run("OBJECT REFCOUNT s"), ":1");
  EXPECT_EQ(run("OBJECT REFCOUNT none"), "nil");
}

TEST_F(ObjectCommandsTest, IdleTimeIsForAllPoliciesButLfu) {
  run("SET k v");
  advance_ms(12'345);
  EXPECT_EQ(run("OBJECT IDLETIME k"), ":12");
  EXPECT_EQ(run("OBJECT FREQ k"),
            "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please "
            "note that when switching between policies at runtime LRU and LFU data will take some "
            "time to adjust.");
  settings_.eviction_policy = commands::EvictionPolicy::allkeys_lfu;
  EXPECT_EQ(run("OBJECT IDLETIME k"),
            "-ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that "
            "when switching between policies at runtime LRU and LFU data will take some time to "
            "adjust.");
  EXPECT_TRUE(run("OBJECT FREQ k").starts_with(":"));
  EXPECT_EQ(run("OBJECT FREQ none"), "nil");
}

TEST_F(ObjectCommandsTest, ErrorsOfTheContainer) {
  EXPECT_EQ(run("OBJECT"), "-ERR wrong number of arguments for 'object' command");
  EXPECT_EQ(run("OBJECT FOO k"), "-ERR unknown subcommand 'FOO'. Try OBJECT HELP.");
  EXPECT_EQ(run("OBJECT FREQ"), "-ERR wrong number of arguments for 'object|freq' command");
  EXPECT_TRUE(run("OBJECT HELP").starts_with("[+OBJECT <subcommand> "));
}

}  // namespace

}  // namespace duplex::tests
