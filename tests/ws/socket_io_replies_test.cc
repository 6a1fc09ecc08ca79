// Replies of commands as JSON members.
#include "ws/socket_io_replies.h"

#include <gtest/gtest.h>

#include <string_view>

namespace duplex::ws {
namespace {

TEST(SocketIoRepliesTest, TellsWhereAPublicationStands) {
  EXPECT_EQ(publish_members("%3\r\n$9\r\nreceivers\r\n:1\r\n$5\r\nepoch\r\n$2\r\n17\r\n"
                            "$6\r\noffset\r\n:5\r\n"),
            R"(,"epoch":"17","offset":5)");
  EXPECT_EQ(publish_members("%3\r\n$9\r\nreceivers\r\n:1\r\n$5\r\nepoch\r\n$0\r\n\r\n"
                            "$6\r\noffset\r\n:0\r\n"),
            "");
  EXPECT_FALSE(publish_members("-NOPERM no\r\n"));
  EXPECT_FALSE(publish_members(":1\r\n"));
  EXPECT_FALSE(publish_members("%0\r\n"));
  EXPECT_FALSE(publish_members(""));
}

TEST(SocketIoRepliesTest, WritesHistory) {
  EXPECT_EQ(history_members("%3\r\n$5\r\nepoch\r\n$2\r\n17\r\n$6\r\noffset\r\n:2\r\n"
                            "$12\r\npublications\r\n*3\r\n"
                            "*4\r\n:1\r\n$7\r\n{\"a\":1}\r\n_\r\n_\r\n"
                            "*4\r\n:2\r\n$4\r\ntext\r\n$7\r\n{\"u\":1}\r\n$2\r\n{}\r\n"
                            "*4\r\n:3\r\n$1\r\n\xff\r\n_\r\n_\r\n"),
            R"(,"epoch":"17","offset":2,"publications":[{"data":{"a":1},"offset":1},)"
            R"({"data":"text","offset":2,"info":{"u":1},"tags":{}},{"data":"/w==","offset":3}])");
  EXPECT_EQ(history_members("%3\r\n$5\r\nepoch\r\n$0\r\n\r\n$6\r\noffset\r\n:0\r\n"
                            "$12\r\npublications\r\n*0\r\n"),
            R"(,"publications":[])");
  EXPECT_FALSE(history_members("*0\r\n"));
}

TEST(SocketIoRepliesTest, WritesPresence) {
  EXPECT_EQ(presence_members("*2\r\n*4\r\n$1\r\nc\r\n$2\r\n\"u\r\n_\r\n:5\r\n"
                             "*4\r\n$1\r\nd\r\n$0\r\n\r\n$2\r\n{}\r\n:6\r\n"),
            R"(,"clients":[{"client":"c","user":"\"u"},{"client":"d","user":"","info":{}}])");
  EXPECT_EQ(presence_members("*0\r\n"), R"(,"clients":[])");
  EXPECT_FALSE(presence_members("*1\r\n:1\r\n"));
}

}  // namespace
}  // namespace duplex::ws
