// Sets: what the log is given, which events there are, and what OBJECT ENCODING tells.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using SetCommandsTest = CommandFixture;

std::string numbers(int first, int count) {
  std::string words;
  for (int i = first; i < first + count; ++i)
    words += ' ' + std::to_string(i);
  return words;
}

TEST_F(SetCommandsTest, TheLogGetsWhatChangedSomething) {
  EXPECT_EQ(logged("SADD s a b"), "SADD s a b");
  EXPECT_EQ(logged("SADD s a b"), "");
  EXPECT_EQ(logged("SREM s none"), "");
  EXPECT_EQ(logged("SREM s b none"), "SREM s b none");
  EXPECT_EQ(logged("SMOVE s t none"), "");
  EXPECT_EQ(logged("SMOVE s t a"), "SMOVE s t a");
  EXPECT_EQ(logged("SMOVE t t a"), "");
  EXPECT_EQ(logged("SUNIONSTORE d t none"), "SUNIONSTORE d t none");
  EXPECT_EQ(logged("SDIFFSTORE d t t"), "SDIFFSTORE d t t");
  EXPECT_EQ(logged("SDIFFSTORE d t t"), "");
  EXPECT_EQ(logged("SINTERSTORE d t none"), "");
}

TEST_F(SetCommandsTest, TheLogGetsWhichMembersWerePopped) {
  run("SADD s a");
  EXPECT_EQ(logged("SPOP s"), "SREM s a");
  EXPECT_EQ(logged("SPOP s"), "");
  EXPECT_EQ(logged("SPOP s 3"), "");
  run("SADD s a b c");
  EXPECT_EQ(logged("SPOP s 0"), "");
  EXPECT_EQ(logged("SPOP s 3"), "DEL s");
  run("SADD s a b c");
  const std::string two = logged("SPOP s 2");
  EXPECT_TRUE(two.starts_with("SREM s ")) << two;
  EXPECT_EQ(run("SCARD s"), ":1");
}

TEST_F(SetCommandsTest, Events) {
  EXPECT_EQ(events("SADD s a b c d"), "new:s sadd:s");
  EXPECT_EQ(events("SADD s a"), "");
  EXPECT_EQ(events("SREM s a"), "srem:s");
  EXPECT_EQ(events("SMOVE s t b"), "srem:s new:t sadd:t");
  EXPECT_EQ(events("SADD s b"), "sadd:s");
  EXPECT_EQ(events("SMOVE s t b"), "srem:s");
  EXPECT_EQ(events("SPOP s"), "spop:s");
  EXPECT_EQ(events("SPOP s"), "spop:s del:s");
  EXPECT_EQ(events("SINTERSTORE d t t"), "new:d sinterstore:d");
  EXPECT_EQ(events("SUNIONSTORE d t t"), "sunionstore:d");
  EXPECT_EQ(events("SDIFFSTORE d t t"), "del:d");
  EXPECT_EQ(events("SDIFFSTORE d t t"), "");
  EXPECT_EQ(events("SPOP t 10"), "spop:t del:t");
}

TEST_F(SetCommandsTest, TheLastMemberTakesItsKeyWithIt) {
  for (const char* last : {"SREM s a", "SPOP s", "SPOP s 5", "SMOVE s t a"}) {
    run("SADD s a");
    run("DEL t");
    run(last);
    EXPECT_EQ(run("EXISTS s"), ":0") << last;
  }
}

TEST_F(SetCommandsTest, SmallSetsArePacked) {
  run("SADD s" + numbers(0, 512));
  EXPECT_EQ(run("OBJECT ENCODING s"), "\"intset\"");
  run("SADD s 512");
  EXPECT_EQ(run("OBJECT ENCODING s"), "\"hashtable\"");
  run("SADD t" + numbers(0, 127));
  run("SADD t a");
  EXPECT_EQ(run("OBJECT ENCODING t"), "\"listpack\"");
  run("SADD t b");
  EXPECT_EQ(run("OBJECT ENCODING t"), "\"hashtable\"");
  run("SADD u " + std::string(65, 'x'));
  EXPECT_EQ(run("OBJECT ENCODING u"), "\"hashtable\"");
  run("SINTERSTORE d s t");
  EXPECT_EQ(run("OBJECT ENCODING d"), "\"intset\"");
}

TEST_F(SetCommandsTest, CombinationsOfLargeSets) {
  run("SADD a" + numbers(0, 2000));
  run("SADD b" + numbers(1000, 2000));
  run("SADD c" + numbers(1500, 10));
  run("SADD d" + numbers(100, 10));
  EXPECT_EQ(run("SINTERSTORE x a b"), ":1000");
  EXPECT_EQ(run("SINTERCARD 2 a b"), ":1000");
  EXPECT_EQ(run("SINTERCARD 2 a b LIMIT 7"), ":7");
  EXPECT_EQ(run("SUNIONSTORE x a b c"), ":3000");
  EXPECT_EQ(run("SDIFFSTORE x a b"), ":1000");
  EXPECT_EQ(run("SDIFFSTORE x a c d"), ":1980");
  EXPECT_EQ(run("SDIFFSTORE a a c d"), ":1980");
}

TEST_F(SetCommandsTest, HyperLogLogsAreLoggedWhenTheyChange) {
  EXPECT_EQ(logged("PFADD h a b"), "PFADD h a b");
  EXPECT_EQ(logged("PFADD h a"), "");
  EXPECT_EQ(logged("PFCOUNT h"), "");
  EXPECT_EQ(logged("PFMERGE m h"), "PFMERGE m h");
  EXPECT_EQ(logged("PFDEBUG ENCODING h"), "");
  EXPECT_EQ(logged("PFDEBUG TODENSE h"), "PFDEBUG TODENSE h");
  EXPECT_EQ(logged("PFADD h c"), "PFADD h c");
  EXPECT_EQ(logged("PFADD h c"), "");
  EXPECT_EQ(events("PFADD n"), "new:n pfadd:n");
  EXPECT_EQ(events("PFMERGE n h"), "pfadd:n");
  EXPECT_EQ(events("PFCOUNT n"), "");
}

}  // namespace

}  // namespace duplex::tests
