// Tests of the reply scanner.
#include "bench/load/reply_scanner.h"

#include <gtest/gtest.h>

namespace duplex::load {
namespace {

TEST(ReplyScanner, CountsEachReplyOnceHoweverItIsCut) {
  struct Case {
    std::string_view name;
    std::string_view bytes;
    std::uint64_t replies;
  };
  const Case cases[] = {
      {"status", "+OK\r\n+OK\r\n", 2},
      {"integer", ":12\r\n", 1},
      {"bulk", "$5\r\nhe\r\nl\r\n$0\r\n\r\n", 2},
      {"null bulk", "$-1\r\n*-1\r\n_\r\n", 3},
      {"array", "*2\r\n$1\r\na\r\n:1\r\n+OK\r\n", 2},
      {"empty array", "*0\r\n+OK\r\n", 2},
      {"nested", "*2\r\n*2\r\n:1\r\n:2\r\n*0\r\n+OK\r\n", 2},
      {"map", "%1\r\n+a\r\n*1\r\n:1\r\n:2\r\n", 2},
      {"push", ">3\r\n+message\r\n$1\r\nc\r\n$1\r\nm\r\n", 1},
      {"attribute", "|1\r\n+a\r\n+b\r\n:1\r\n", 1},
      {"double, boolean, big number", ",1.5\r\n#t\r\n(12\r\n", 3},
      {"verbatim", "=5\r\ntxt:a\r\n", 1},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    for (std::size_t cut = 0; cut <= c.bytes.size(); ++cut) {
      ReplyScanner scanner;
      const auto first = scanner.feed(c.bytes.substr(0, cut));
      const auto second = scanner.feed(c.bytes.substr(cut));

      EXPECT_EQ(first + second, c.replies);
      EXPECT_EQ(scanner.tally().replies, c.replies);
      EXPECT_FALSE(scanner.is_broken());
    }
  }
}

TEST(ReplyScanner, KeepsTheFirstError) {
  ReplyScanner scanner;
  scanner.feed("-ERR one\r\n-ERR two\r\n$-1\r\n");

  EXPECT_EQ(scanner.tally().errors, 2u);
  EXPECT_EQ(scanner.tally().first_error, "ERR one");
  EXPECT_EQ(scanner.tally().nulls, 1u);
}

TEST(ReplyScanner, SumsTheIntegersThatAreReplies) {
  ReplyScanner scanner;
  scanner.feed(":3\r\n*1\r\n:9\r\n:4\r\n");

  EXPECT_EQ(scanner.tally().integers, 7);
}

TEST(ReplyScanner, CutsALongLineThatComesInPieces) {
  ReplyScanner scanner;
  scanner.feed("-" + std::string(1000, 'e'));
  scanner.feed("\r\n+OK\r\n");

  EXPECT_EQ(scanner.tally().replies, 2u);
  EXPECT_LE(scanner.tally().first_error.size(), 256u);
}

TEST(ReplyScanner, BreaksOnWhatIsNotResp) {
  for (const std::string_view bytes : {"HTTP/1.1 400\r\n", "\r\n", "$x\r\n"}) {
    SCOPED_TRACE(bytes);
    ReplyScanner scanner;
    scanner.feed(bytes);
    EXPECT_TRUE(scanner.is_broken());
  }
}

}  // namespace
}  // namespace duplex::load
