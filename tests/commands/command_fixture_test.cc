// The fixture itself: what it shows of replies, the log and the clients.
#include "support/command_fixture.h"

#include <gtest/gtest.h>

namespace duplex::tests {

namespace {

using CommandFixtureTest = CommandFixture;

TEST_F(CommandFixtureTest, RepliesAreReadable) {
  EXPECT_EQ(run("MULTI"), "+OK");
  EXPECT_EQ(run("MULTI"), "-ERR MULTI calls can not be nested");
  EXPECT_EQ(run(other_, "DISCARD"), "-ERR DISCARD without MULTI");
  EXPECT_EQ(run("DISCARD"), "+OK");
  EXPECT_EQ(run("UNWATCH extra"), "-ERR wrong number of arguments for 'unwatch' command");
  EXPECT_EQ(raw("MULTI"), "+OK\r\n");
  EXPECT_EQ(raw("EXEC"), "*0\r\n");
}

TEST_F(CommandFixtureTest, RefusedWritesStayReadable) {
  sink_.refuse("MISCONF no");
  EXPECT_EQ(run("WATCH k"), "+OK");
}

TEST(ReplyText, ShowsEveryType) {
  EXPECT_EQ(reply_text("+OK\r\n:1\r\n$1\r\na\r\n$-1\r\n*-1\r\n_\r\n"), "+OK :1 \"a\" nil nil* nil");
  EXPECT_EQ(reply_text("*2\r\n:1\r\n*0\r\n"), "[:1 []]");
  EXPECT_EQ(reply_text("%1\r\n+a\r\n#t\r\n~1\r\n,1.5\r\n>1\r\n=6\r\ntxt:hi\r\n"),
            "{+a=>#t} ~[,1.5] >[=txt:\"hi\"]");
  EXPECT_EQ(reply_text("$3\r\n\"\\\n\r\n"), R"("\"\\\x0a")");
  EXPECT_EQ(reply_text("*2\r\n:1\r\n"), "[:1 <garbage \"\">");
}

}  // namespace

}  // namespace duplex::tests
