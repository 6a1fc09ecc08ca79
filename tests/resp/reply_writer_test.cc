// Every element of a reply in both protocols, and headers that are written last.
#include "resp/reply_writer.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace duplex::resp {
namespace {

using Write = std::function<void(ReplyWriter&)>;

std::string written(Protocol protocol, const Write& write) {
  base::Buffer out;
  ReplyWriter writer(out, protocol);
  write(writer);
  return std::string(out.view());
}

TEST(ReplyWriter, WritesEveryElementInBothProtocols) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  struct Row {
    const char* name;
    Write write;
    std::string_view resp2;
    std::string_view resp3;
  };
  const Row rows[] = {
      {"ok", [](ReplyWriter& w) { w.ok(); }, "+OK\r\n", "+OK\r\n"},
      {"status", [](ReplyWriter& w) { w.status("QUEUED"); }, "+QUEUED\r\n", "+QUEUED\r\n"},
      {"empty status", [](ReplyWriter& w) { w.status(""); }, "+\r\n", "+\r\n"},
      {"error", [](ReplyWriter& w) { w.error("ERR no"); }, "-ERR no\r\n", "-ERR no\r\n"},
      {"error with line ends",
       [](ReplyWriter& w) { w.error("ERR a\r\nb\n"); },
       "-ERR a  b \r\n",
       "-ERR a  b \r\n"},
      {"integer", [](ReplyWriter& w) { w.integer(-12); }, ":-12\r\n", ":-12\r\n"},
      {"smallest integer",
       [](ReplyWriter& w) { w.integer(std::numeric_limits<std::int64_t>::min()); },
       ":-9223372036854775808\r\n",
       ":-9223372036854775808\r\n"},
      {"bulk", [](ReplyWriter& w) { w.bulk("a\r\nb"); }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
      {"empty bulk", [](ReplyWriter& w) { w.bulk({}); }, "$0\r\n\r\n", "$0\r\n\r\n"},
      {"integer as bulk",
       [](ReplyWriter& w) { w.bulk_integer(-100); },
       "$4\r\n-100\r\n",
       "$4\r\n-100\r\n"},
      {"null", [](ReplyWriter& w) { w.null(); }, "$-1\r\n", "_\r\n"},
      {"null array", [](ReplyWriter& w) { w.null_array(); }, "*-1\r\n", "_\r\n"},
      {"real", [](ReplyWriter& w) { w.real(3.25); }, "$4\r\n3.25\r\n", ",3.25\r\n"},
      {"integral real", [](ReplyWriter& w) { w.real(5); }, "$1\r\n5\r\n", ",5\r\n"},
      {"infinity", [=](ReplyWriter& w) { w.real(infinity); }, "$3\r\ninf\r\n", ",inf\r\n"},
      {"minus infinity", [=](ReplyWriter& w) { w.real(-infinity); }, "$4\r\n-inf\r\n", ",-inf\r\n"},
      {"true", [](ReplyWriter& w) { w.boolean(true); }, ":1\r\n", "#t\r\n"},
      {"false", [](ReplyWriter& w) { w.boolean(false); }, ":0\r\n", "#f\r\n"},
      {"verbatim",
       [](ReplyWriter& w) { w.verbatim("txt", "some\nlines"); },
       "$10\r\nsome\nlines\r\n",
       "=14\r\ntxt:some\nlines\r\n"},
      {"empty verbatim",
       [](ReplyWriter& w) { w.verbatim("mkd", ""); },
       "$0\r\n\r\n",
       "=4\r\nmkd:\r\n"},
      {"big number",
       [](ReplyWriter& w) { w.big_number("12345678901234567890123"); },
       "$23\r\n12345678901234567890123\r\n",
       "(12345678901234567890123\r\n"},
      {"array", [](ReplyWriter& w) { w.array(3); }, "*3\r\n", "*3\r\n"},
      {"empty array", [](ReplyWriter& w) { w.array(0); }, "*0\r\n", "*0\r\n"},
      {"map", [](ReplyWriter& w) { w.map(3); }, "*6\r\n", "%3\r\n"},
      {"set", [](ReplyWriter& w) { w.set(3); }, "*3\r\n", "~3\r\n"},
      {"push", [](ReplyWriter& w) { w.push(3); }, "*3\r\n", ">3\r\n"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(written(Protocol::resp2, row.write), row.resp2) << row.name;
    EXPECT_EQ(written(Protocol::resp3, row.write), row.resp3) << row.name;
  }
}

TEST(ReplyWriter, WritesBulksOfEverySize) {
  for (std::size_t size = 0; size < 1200; ++size) {
    const std::string bytes(size, 'x');
    EXPECT_EQ(written(Protocol::resp2, [&](ReplyWriter& w) { w.bulk(bytes); }),
              "$" + std::to_string(size) + "\r\n" + bytes + "\r\n");
  }
}

TEST(ReplyWriter, WritesADeferredArrayInFrontOfItsElements) {
  const std::string text = written(Protocol::resp2, [](ReplyWriter& w) {
    w.integer(1);
    const std::size_t place = w.begin_deferred();
    w.bulk("a");
    w.bulk("b");
    w.end_deferred_array(place, 2);
    w.integer(2);
  });

  EXPECT_EQ(text, ":1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n:2\r\n");
}

TEST(ReplyWriter, WritesAnEmptyDeferredArray) {
  const std::string text = written(
      Protocol::resp3, [](ReplyWriter& w) { w.end_deferred_array(w.begin_deferred(), 0); });

  EXPECT_EQ(text, "*0\r\n");
}

TEST(ReplyWriter, WritesADeferredMapForEitherProtocol) {
  const Write write = [](ReplyWriter& w) {
    const std::size_t place = w.begin_deferred();
    w.bulk("k");
    w.integer(1);
    w.end_deferred_map(place, 1);
  };

  EXPECT_EQ(written(Protocol::resp2, write), "*2\r\n$1\r\nk\r\n:1\r\n");
  EXPECT_EQ(written(Protocol::resp3, write), "%1\r\n$1\r\nk\r\n:1\r\n");
}

TEST(ReplyWriter, NestsDeferredHeaders) {
  const std::string text = written(Protocol::resp2, [](ReplyWriter& w) {
    const std::size_t outer = w.begin_deferred();
    w.integer(1);
    const std::size_t inner = w.begin_deferred();
    w.integer(2);
    w.end_deferred_array(inner, 1);
    w.end_deferred_array(outer, 2);
  });

  EXPECT_EQ(text, "*2\r\n:1\r\n*1\r\n:2\r\n");
}

TEST(ReplyWriter, MovesManyElementsBehindALongHeader) {
  constexpr std::size_t count = 12'345;
  std::string expected = "*12345\r\n";
  for (std::size_t i = 0; i < count; ++i)
    expected += ":" + std::to_string(i) + "\r\n";

  const std::string text = written(Protocol::resp2, [](ReplyWriter& w) {
    const std::size_t place = w.begin_deferred();
    for (std::size_t i = 0; i < count; ++i)
      w.integer(static_cast<std::int64_t>(i));
    w.end_deferred_array(place, count);
  });

  EXPECT_EQ(text, expected);
}

TEST(ReplyWriter, ChangesItsProtocolBetweenReplies) {
  base::Buffer out;
  ReplyWriter writer(out, Protocol::resp2);

  writer.null();
  writer.set_protocol(Protocol::resp3);
  writer.null();

  EXPECT_EQ(writer.protocol(), Protocol::resp3);
  EXPECT_EQ(out.view(), "$-1\r\n_\r\n");
}

}  // namespace
}  // namespace duplex::resp
