// Replies read back, whole and cut.
#include "resp/reply_value.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::resp {
namespace {

using Type = ReplyValue::Type;

ReplyValue read(std::string_view bytes) {
  auto value = read_reply(bytes);
  EXPECT_TRUE(value);
  EXPECT_TRUE(bytes.empty());
  return value.value_or(ReplyValue{});
}

TEST(ReplyValue, ReadsPlainValues) {
  EXPECT_EQ(read("+OK\r\n").text, "OK");
  EXPECT_TRUE(read("-ERR no\r\n").is_error());
  EXPECT_EQ(read("!6\r\nERR no\r\n").text, "ERR no");
  EXPECT_EQ(read(":-7\r\n").integer, -7);
  EXPECT_EQ(read("$4\r\na\r\nb\r\n").text, "a\r\nb");
  EXPECT_EQ(read("=7\r\ntxt:abc\r\n").text, "abc");
  EXPECT_EQ(read(",1.5\r\n").text, "1.5");
  EXPECT_EQ(read("#t\r\n").integer, 1);
  EXPECT_TRUE(read("_\r\n").is_null());
  EXPECT_TRUE(read("$-1\r\n").is_null());
  EXPECT_TRUE(read("*-1\r\n").is_null());
}

TEST(ReplyValue, ReadsNestedValues) {
  const ReplyValue value = read("*2\r\n%1\r\n+a\r\n:1\r\n~1\r\n$1\r\nb\r\n");

  ASSERT_EQ(value.elements.size(), 2u);
  ASSERT_NE(value.elements[0].find("a"), nullptr);
  EXPECT_EQ(value.elements[0].find("a")->integer, 1);
  EXPECT_EQ(value.elements[0].find("b"), nullptr);
  EXPECT_EQ(value.elements[1].type, Type::set);
  EXPECT_EQ(read("|1\r\n+k\r\n+v\r\n:3\r\n").integer, 3);
}

TEST(ReplyValue, RefusesWhatIsCutOrFalse) {
  const std::string whole = "*2\r\n%1\r\n+a\r\n:1\r\n$3\r\nabc\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view cut = std::string_view(whole).substr(0, size);
    EXPECT_FALSE(read_reply(cut)) << size;
  }
  for (std::string_view wrong :
       {"?\r\n", "*9999999999\r\n", "$5\r\nabc\r\n", ":x\r\n", "$1\r\nabc"})
    EXPECT_FALSE(read_reply(wrong)) << wrong;
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "*1\r\n";
  std::string_view view = deep;
  EXPECT_FALSE(read_reply(view));
}

}  // namespace
}  // namespace duplex::resp
