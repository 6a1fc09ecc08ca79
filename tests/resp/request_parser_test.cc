// Requests cut everywhere, limits at their borders, and each protocol error with its text.
#include "resp/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::resp {
namespace {

using Status = RequestParser::Status;
using Arguments = std::vector<std::string>;

constexpr RequestParser::Limits usual{};
constexpr RequestParser::Limits unauthenticated{.authenticated = false};

// Bytes in a block of exactly their size, at another address each time.
class Block {
 public:
  explicit Block(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

struct Seen {
  Status status = Status::incomplete;
  Arguments arguments;
  std::size_t consumed = 0;
  std::string error;
};

Seen feed(RequestParser& parser,
          std::string_view bytes,
          const RequestParser::Limits& limits = usual) {
  const Block block(bytes);
  std::vector<std::string_view> arguments;
  Seen seen;
  seen.status = parser.next(block.view(), limits, arguments);
  if (seen.status == Status::complete) {
    seen.arguments.assign(arguments.begin(), arguments.end());
    seen.consumed = parser.consumed();
  }
  if (seen.status == Status::incomplete) {
    EXPECT_TRUE(arguments.empty());
  }
  if (seen.status == Status::error) seen.error = parser.error();
  return seen;
}

struct Request {
  const char* name;
  std::string bytes;
  Arguments arguments;
};

const std::vector<Request>& requests() {
  static const std::vector<Request> all = {
      {"one argument", "*1\r\n$4\r\nPING\r\n", {"PING"}},
      {"three arguments",
       "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n",
       {"SET", "key", "value"}},
      {"an empty argument", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", {"ECHO", ""}},
      {"line ends in an argument", "*1\r\n$6\r\n\r\n*1\r\n\r\n", {"\r\n*1\r\n"}},
      {"a NUL in an argument", std::string("*1\r\n$3\r\na\0b\r\n", 13), {std::string("a\0b", 3)}},
      {"no arguments", "*0\r\n", {}},
      {"a negative count", "*-1\r\n", {}},
      {"a longer argument",
       "*2\r\n$3\r\nGET\r\n$300\r\n" + std::string(300, 'k') + "\r\n",
       {"GET", std::string(300, 'k')}},
      {"inline", "SET key value\r\n", {"SET", "key", "value"}},
      {"inline without CR", "PING\n", {"PING"}},
      {"inline with quotes", "SET key \"a b\"\r\n", {"SET", "key", "a b"}},
      {"an empty line", "\r\n", {}},
  };
  return all;
}

TEST(RequestParser, ReadsWholeRequests) {
  for (const Request& request : requests()) {
    RequestParser parser;

    const Seen seen = feed(parser, request.bytes);

    EXPECT_EQ(seen.status, Status::complete) << request.name;
    EXPECT_EQ(seen.arguments, request.arguments) << request.name;
    EXPECT_EQ(seen.consumed, request.bytes.size()) << request.name;
    EXPECT_EQ(parser.is_inline(), request.bytes[0] != '*') << request.name;
  }
}

TEST(RequestParser, EveryPrefixWaitsForMore) {
  for (const Request& request : requests()) {
    for (std::size_t size = 0; size < request.bytes.size(); ++size) {
      RequestParser parser;
      const Seen seen = feed(parser, request.bytes.substr(0, size));
      EXPECT_EQ(seen.status, Status::incomplete) << request.name << " cut at " << size;
    }
  }
}

TEST(RequestParser, EverySplitGivesTheSame) {
  for (const Request& request : requests()) {
    for (std::size_t size = 0; size < request.bytes.size(); ++size) {
      RequestParser parser;
      feed(parser, request.bytes.substr(0, size));

      const Seen seen = feed(parser, request.bytes);

      EXPECT_EQ(seen.status, Status::complete) << request.name << " split at " << size;
      EXPECT_EQ(seen.arguments, request.arguments) << request.name << " split at " << size;
      EXPECT_EQ(seen.consumed, request.bytes.size()) << request.name << " split at " << size;
    }
  }
}

TEST(RequestParser, ByteAfterByteGivesTheSame) {
  for (const Request& request : requests()) {
    RequestParser parser;
    for (std::size_t size = 0; size < request.bytes.size(); ++size)
      EXPECT_EQ(feed(parser, request.bytes.substr(0, size)).status, Status::incomplete);

    EXPECT_EQ(feed(parser, request.bytes).arguments, request.arguments) << request.name;
  }
}

TEST(RequestParser, TakesOneRequestOfSeveral) {
  std::string stream;
  for (const Request& request : requests())
    stream += request.bytes;
  RequestParser parser;

  for (const Request& request : requests()) {
    const Seen seen = feed(parser, stream);
    EXPECT_EQ(seen.arguments, request.arguments) << request.name;
    ASSERT_EQ(seen.consumed, request.bytes.size()) << request.name;
    stream.erase(0, seen.consumed);
  }
  EXPECT_EQ(feed(parser, stream).status, Status::incomplete);
}

TEST(RequestParser, AppendsBehindWhatTheCallerHas) {
  RequestParser parser;
  std::vector<std::string_view> arguments = {"kept"};
  const std::string_view bytes = "*2\r\n$1\r\na\r\n$1\r\nb\r\n";

  EXPECT_EQ(parser.next(bytes.substr(0, 12), usual, arguments), Status::incomplete);
  EXPECT_EQ(arguments, std::vector<std::string_view>{"kept"});
  EXPECT_EQ(parser.next(bytes, usual, arguments), Status::complete);

  EXPECT_EQ(arguments, (std::vector<std::string_view>{"kept", "a", "b"}));
}

TEST(RequestParser, ForgetsAnIncompleteRequestOnRestart) {
  RequestParser parser;
  feed(parser, "*3\r\n$3\r\nSET\r\n$3\r\nke");

  parser.restart();
  const Seen seen = feed(parser, "*1\r\n$4\r\nPING\r\n");

  EXPECT_EQ(seen.status, Status::complete);
  EXPECT_EQ(seen.arguments, Arguments{"PING"});
}

TEST(RequestParser, SaysHowManyBytesAnArgumentLacks) {
  RequestParser parser;

  feed(parser, "*1\r\n$100\r\nabc");
  EXPECT_EQ(parser.bytes_missing(), 99u);
  feed(parser, "*1\r\n$100\r\n" + std::string(101, 'a'));
  EXPECT_EQ(parser.bytes_missing(), 1u);
  feed(parser, "*1\r\n$100\r\n" + std::string(100, 'a') + "\r\n");
  EXPECT_EQ(parser.bytes_missing(), 0u);
  feed(parser, "*1\r\n$10");
  EXPECT_EQ(parser.bytes_missing(), 0u);
}

TEST(RequestParser, RefusesMistakesWithTheirText) {
  struct Row {
    const char* name;
    std::string bytes;
    std::string_view error;
  };
  const std::string long_line(inline_bytes_max + 1, '1');
  const Row rows[] = {
      {"count is no number", "*abc\r\n", "invalid multibulk length"},
      {"count is empty", "*\r\n", "invalid multibulk length"},
      {"count has a plus", "*+1\r\n", "invalid multibulk length"},
      {"count has leading zeros", "*01\r\n", "invalid multibulk length"},
      {"count above the maximum", "*1048577\r\n", "invalid multibulk length"},
      {"count out of range", "*99999999999999999999\r\n", "invalid multibulk length"},
      {"count without end", "*" + long_line, "too big mbulk count string"},
      {"no dollar", "*1\r\n:3\r\n", "expected '$', got ':'"},
      {"an empty line for a dollar", "*1\r\n\r\n", "expected '$', got '\r'"},
      {"no dollar later", "*2\r\n$1\r\na\r\nx\r\n", "expected '$', got 'x'"},
      {"length is no number", "*1\r\n$abc\r\n", "invalid bulk length"},
      {"length is empty", "*1\r\n$\r\n", "invalid bulk length"},
      {"length is negative", "*1\r\n$-1\r\n", "invalid bulk length"},
      {"length has leading zeros", "*1\r\n$01\r\n", "invalid bulk length"},
      {"length above the maximum", "*1\r\n$536870913\r\n", "invalid bulk length"},
      {"length out of range", "*1\r\n$99999999999999999999\r\n", "invalid bulk length"},
      {"length without end", "*1\r\n$" + long_line, "too big bulk count string"},
      {"inline without end", long_line, "too big inline request"},
      {"inline with an open quote", "SET \"key\r\n", "unbalanced quotes in request"},
  };
  for (const Row& row : rows) {
    RequestParser parser;
    const Seen seen = feed(parser, row.bytes);
    EXPECT_EQ(seen.status, Status::error) << row.name;
    EXPECT_EQ(seen.error, row.error) << row.name;
  }
}

TEST(RequestParser, FindsAMistakeWhereverTheInputIsSplit) {
  const std::string bytes = "*2\r\n$3\r\nGET\r\n$x\r\n";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    RequestParser parser;
    EXPECT_EQ(feed(parser, bytes.substr(0, size)).status, Status::incomplete);
    EXPECT_EQ(feed(parser, bytes).error, "invalid bulk length") << "split at " << size;
  }
}

TEST(RequestParser, AllowsWhatIsExactlyAtALimit) {
  const std::string line(inline_bytes_max, '1');
  RequestParser::Limits small;
  small.bulk_bytes = 10;
  struct Row {
    const char* name;
    std::string bytes;
    RequestParser::Limits limits;
  };
  const Row rows[] = {
      {"the most arguments", "*1048576\r\n", usual},
      {"the longest argument", "*1\r\n$536870912\r\n", usual},
      {"the longest argument of the configuration", "*1\r\n$10\r\n", small},
      {"an inline request without end", line, usual},
      {"a length without end", "*1\r\n$" + line.substr(1), usual},
      {"the most arguments before AUTH", "*10\r\n", unauthenticated},
      {"the longest argument before AUTH", "*1\r\n$16384\r\n", unauthenticated},
  };
  for (const Row& row : rows) {
    RequestParser parser;
    EXPECT_EQ(feed(parser, row.bytes, row.limits).status, Status::incomplete) << row.name;
  }
}

TEST(RequestParser, LimitsArgumentsByTheConfiguration) {
  RequestParser parser;

  const Seen seen = feed(parser, "*1\r\n$11\r\n", {.bulk_bytes = 10});

  EXPECT_EQ(seen.error, "invalid bulk length");
}

TEST(RequestParser, LimitsClientsBeforeAuth) {
  RequestParser many;
  RequestParser large;

  EXPECT_EQ(feed(many, "*11\r\n", unauthenticated).error, "unauthenticated multibulk length");
  EXPECT_EQ(feed(large, "*1\r\n$16385\r\n", unauthenticated).error,
            "unauthenticated bulk length");
}

TEST(RequestParser, TrustsThatALineFeedFollowsAnArgument) {
  RequestParser parser;

  const Seen seen = feed(parser, "*1\r\n$4\r\nPINGxx");

  EXPECT_EQ(seen.status, Status::complete);
  EXPECT_EQ(seen.arguments, Arguments{"PING"});
}

}  // namespace
}  // namespace duplex::resp
