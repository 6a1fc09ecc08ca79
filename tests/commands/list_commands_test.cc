// Lists: what the log is given, which events there are, and what OBJECT ENCODING tells.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::tests {

namespace {

using ListCommandsTest = CommandFixture;

TEST_F(ListCommandsTest, TheLogGetsWhatChangedSomething) {
  EXPECT_EQ(logged("LPUSHX l a"), "");
  EXPECT_EQ(logged("RPUSH l a b c d e f"), "RPUSH l a b c d e f");
  EXPECT_EQ(logged("LINSERT l BEFORE b x"), "LINSERT l BEFORE b x");
  EXPECT_EQ(logged("LINSERT l BEFORE none x"), "");
  EXPECT_EQ(logged("LSET l 0 y"), "LSET l 0 y");
  EXPECT_EQ(logged("LREM l 0 none"), "");
  EXPECT_EQ(logged("LREM l 0 x"), "LREM l 0 x");
  EXPECT_EQ(logged("LTRIM l 0 -1"), "");
  EXPECT_EQ(logged("LTRIM l 1 -1"), "LTRIM l 1 -1");
  EXPECT_EQ(logged("LPOP l 0"), "");
  EXPECT_EQ(logged("LPOP l"), "LPOP l");
  EXPECT_EQ(logged("LMOVE l m LEFT RIGHT"), "LMOVE l m LEFT RIGHT");
  EXPECT_EQ(logged("RPOPLPUSH l m"), "RPOPLPUSH l m");
  EXPECT_EQ(logged("RPOPLPUSH none m"), "");
}

TEST_F(ListCommandsTest, TheLogGetsMultiPopsAsPopsOfWhatWasThere) {
  run("RPUSH l a b c");
  EXPECT_EQ(logged("LMPOP 2 none l RIGHT"), "RPOP l 1");
  EXPECT_EQ(logged("LMPOP 2 none l LEFT COUNT 10"), "LPOP l 2");
  EXPECT_EQ(logged("LMPOP 2 none l LEFT COUNT 10"), "");
}

TEST_F(ListCommandsTest, Events) {
  EXPECT_EQ(events("RPUSH l a b c"), "new:l rpush:l");
  EXPECT_EQ(events("LPUSH l a"), "lpush:l");
  EXPECT_EQ(events("LPUSHX none a"), "");
  EXPECT_EQ(events("LINSERT l BEFORE a x"), "linsert:l");
  EXPECT_EQ(events("LSET l 0 y"), "lset:l");
  EXPECT_EQ(events("LREM l 0 none"), "");
  EXPECT_EQ(events("LREM l 0 y"), "lrem:l");
  EXPECT_EQ(events("LTRIM l 0 -1"), "ltrim:l");
  EXPECT_EQ(events("LPOP l"), "lpop:l");
  EXPECT_EQ(events("LMOVE l m LEFT RIGHT"), "new:m rpush:m lpop:l");
  EXPECT_EQ(events("RPOPLPUSH l m"), "lpush:m rpop:l");
  EXPECT_EQ(events("RPOPLPUSH m m"), "lpush:m rpop:m");
  EXPECT_EQ(events("LMPOP 1 m LEFT COUNT 9"), "lpop:m del:m");
}

TEST_F(ListCommandsTest, TheLastElementTakesItsKeyWithIt) {
  for (const char* last : {"LPOP l", "RPOP l 5", "LREM l 0 a", "LTRIM l 1 0", "LMOVE l m LEFT LEFT",
                           "LMPOP 1 l RIGHT"}) {
    run("RPUSH l a");
    const std::string seen = events(last);
    EXPECT_TRUE(seen.ends_with("del:l")) << last << ": " << seen;
    EXPECT_EQ(run("EXISTS l"), ":0") << last;
  }
}

TEST_F(ListCommandsTest, ShortListsAreListpacks) {
  const std::string text(1000, 'x');
  run("RPUSH l " + text);
  EXPECT_EQ(run("OBJECT ENCODING l"), "\"listpack\"");
  for (int i = 0; i < 10; ++i)
    run("RPUSH l " + text);
  EXPECT_EQ(run("OBJECT ENCODING l"), "\"quicklist\"");
  run("LTRIM l 0 7");
  EXPECT_EQ(run("OBJECT ENCODING l"), "\"quicklist\"") << "more than half of the limit";
  run("LTRIM l 0 3");
  EXPECT_EQ(run("OBJECT ENCODING l"), "\"listpack\"");
  run("LSET l 0 " + std::string(9000, 'y'));
  EXPECT_EQ(run("OBJECT ENCODING l"), "\"quicklist\"");
  EXPECT_EQ(run("LLEN l"), ":4");
}

}  // namespace

}  // namespace duplex::tests
