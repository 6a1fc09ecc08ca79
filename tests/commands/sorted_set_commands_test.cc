// Sorted sets: what the log is given, which events there are, and how keys come and go.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using SortedSetCommandsTest = CommandFixture;

TEST_F(SortedSetCommandsTest, TheLogGetsWhatChangedSomething) {
  EXPECT_EQ(logged("ZADD z 1 a 2 b 3 c 4 d"), "ZADD z 1 a 2 b 3 c 4 d");
  EXPECT_EQ(logged("ZADD z 1 a"), "");
  EXPECT_EQ(logged("ZADD z NX 5 a"), "");
  EXPECT_EQ(logged("ZADD z XX 5 none"), "");
  EXPECT_EQ(logged("ZADD z GT 0 a"), "");
  EXPECT_EQ(logged("ZADD z CH 5 a"), "ZADD z CH 5 a");
  EXPECT_EQ(logged("ZINCRBY z 0 a"), "");
  EXPECT_EQ(logged("ZINCRBY z 1.5 a"), "ZINCRBY z 1.5 a");
  EXPECT_EQ(logged("ZREM z none"), "");
  EXPECT_EQ(logged("ZREM z a none"), "ZREM z a none");
  EXPECT_EQ(logged("ZREMRANGEBYSCORE z 10 20"), "");
  EXPECT_EQ(logged("ZREMRANGEBYSCORE z 2 2"), "ZREMRANGEBYSCORE z 2 2");
  EXPECT_EQ(logged("ZUNIONSTORE d 1 z"), "ZUNIONSTORE d 1 z");
  EXPECT_EQ(logged("ZDIFFSTORE d 2 z z"), "ZDIFFSTORE d 2 z z");
  EXPECT_EQ(logged("ZDIFFSTORE d 2 z z"), "");
  EXPECT_EQ(logged("ZRANGESTORE d z 0 -1"), "ZRANGESTORE d z 0 -1");
  EXPECT_EQ(logged("ZRANGESTORE d none 0 -1"), "ZRANGESTORE d none 0 -1");
  EXPECT_EQ(logged("ZRANGESTORE d none 0 -1"), "");
}

TEST_F(SortedSetCommandsTest, TheLogGetsThePopOfOneKey) {
  run("ZADD z 1 a 2 b 3 c 4 d 5 e");
  EXPECT_EQ(logged("ZPOPMIN z"), "ZPOPMIN z");
  EXPECT_EQ(logged("ZPOPMAX z 0"), "");
  EXPECT_EQ(logged("ZMPOP 2 none z MAX"), "ZPOPMAX z 1");
  EXPECT_EQ(logged("ZMPOP 2 none z MIN COUNT 10"), "ZPOPMIN z 3");
  EXPECT_EQ(logged("ZMPOP 2 none z MIN COUNT 10"), "");
  EXPECT_EQ(logged("ZPOPMIN z"), "");
}

TEST_F(SortedSetCommandsTest, Events) {
  EXPECT_EQ(events("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f"), "new:z zadd:z");
  EXPECT_EQ(events("ZADD z 1 a"), "");
  EXPECT_EQ(events("ZADD z INCR 1 a"), "zincr:z");
  EXPECT_EQ(events("ZINCRBY z 1 a"), "zincr:z");
  EXPECT_EQ(events("ZREM z a"), "zrem:z");
  EXPECT_EQ(events("ZREMRANGEBYRANK z 0 0"), "zremrangebyrank:z");
  EXPECT_EQ(events("ZREMRANGEBYSCORE z 3 3"), "zremrangebyscore:z");
  EXPECT_EQ(events("ZPOPMIN z"), "zpopmin:z");
  EXPECT_EQ(events("ZRANGESTORE d z 0 -1"), "new:d zrangestore:d");
  EXPECT_EQ(events("ZINTERSTORE d 2 z z"), "zinterstore:d");
  EXPECT_EQ(events("ZINTERSTORE d 2 z none"), "keymiss:none del:d");
  EXPECT_EQ(events("ZPOPMAX z 10"), "zpopmax:z del:z");
}

TEST_F(SortedSetCommandsTest, TheLastMemberTakesItsKeyWithIt) {
  for (const char* last : {"ZREM z a",
                           "ZPOPMIN z",
                           "ZPOPMAX z 5",
                           "ZREMRANGEBYRANK z 0 -1",
                           "ZREMRANGEBYSCORE z 1 1",
                           "ZREMRANGEBYLEX z - +",
                           "ZMPOP 1 z MIN"}) {
    run("ZADD z 1 a");
    run(last);
    EXPECT_EQ(run("EXISTS z"), ":0") << last;
  }
}

TEST_F(SortedSetCommandsTest, TellsItsEncoding) {
  std::string many = "ZADD z";
  for (int i = 0; i < 128; ++i)
    many += " 1 m" + std::to_string(i);
  run(many);
  EXPECT_EQ(run("OBJECT ENCODING z"), "\"listpack\"");
  run("ZADD z 1 another");
  EXPECT_EQ(run("OBJECT ENCODING z"), "\"skiplist\"");
}

}  // namespace

}  // namespace duplex::tests
