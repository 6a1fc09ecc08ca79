// What becomes of payloads.
#include "ws/json_push.h"

#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::ws {
namespace {

std::string push(std::string_view channel, std::string_view payload) {
  const pubsub::Message message(pubsub::Kind::channel, channel, payload);
  const std::string frame = encode_push(message);
  EXPECT_EQ(static_cast<unsigned char>(frame[0]), 0x81);
  EXPECT_EQ(static_cast<std::size_t>(frame[1]), frame.size() - 2);
  return frame.substr(2);
}

TEST(JsonPush, KeepsJsonAsItIs) {
  EXPECT_EQ(push("c", R"({"n":1.0,"u":"\u00e4"})"),
            R"({"push":{"channel":"c","pub":{"data":{"n":1.0,"u":"\u00e4"}}}})");
}

TEST(JsonPush, PutsJsonOnOneLine) {
  EXPECT_EQ(push("c", "[1,\n2]\n"), R"({"push":{"channel":"c","pub":{"data":[1,2]}}})");
}

TEST(JsonPush, QuotesTextThatIsNotJson) {
  EXPECT_EQ(push("c", "hello \"you\"\n"),
            R"({"push":{"channel":"c","pub":{"data":"hello \"you\"\n"}}})");
  EXPECT_EQ(push("c", ""), R"({"push":{"channel":"c","pub":{"data":""}}})");
}

TEST(JsonPush, EncodesBytesThatAreNotText) {
  EXPECT_EQ(push("c", "\xff\xfe"),
            R"({"push":{"channel":"c","pub":{"data":"//4=","tags":{"encoding":"base64"}}}})");
}

TEST(JsonPush, QuotesChannelNames) {
  EXPECT_EQ(push("a\"b", "1"), R"({"push":{"channel":"a\"b","pub":{"data":1}}})");
}

TEST(JsonPush, IsMadeOncePerMessage) {
  const pubsub::Message message(pubsub::Kind::channel, "c", "1");

  EXPECT_EQ(shared_push(message).get(), shared_push(message).get());
}

}  // namespace
}  // namespace duplex::ws
