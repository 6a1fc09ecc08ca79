// The REST door's requests and replies as text.
#include "ws/rest_reply.h"
#include "ws/rest_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace duplex::ws {
namespace {

using ::testing::ElementsAre;

std::string reply_of(std::string_view bytes, RestEncoding encoding = RestEncoding::plain) {
  return rest_reply(resp::read_reply(bytes).value(), encoding);
}

TEST(RestRequest, TakesWordsFromJson) {
  EXPECT_THAT(rest_command_of(R"(["SET","k",1,1.5,true,null,{"a":[1]}])").value(),
              ElementsAre("SET", "k", "1", "1.5", "true", "null", R"({"a":[1]})"));
  for (const std::string_view body : {"", "[]", "{}", "\"GET\"", "[1", "[1] 2"})
    EXPECT_FALSE(rest_command_of(body)) << body;
  EXPECT_EQ(rest_commands_of(R"([["PING"],["GET","k"]])")->size(), 2u);
  EXPECT_EQ(rest_commands_of("[]")->size(), 0u);
  for (const std::string_view body : {"", "[[]]", R"(["GET","k"])"})
    EXPECT_FALSE(rest_commands_of(body)) << body;
}

TEST(RestRequest, TakesWordsFromAnAddress) {
  const auto words = [](std::string_view target, std::string_view body = {}) {
    return rest_command_of(
        HttpRequest{.method = "POST", .target = target, .fields = {}, .body = body});
  };
  EXPECT_THAT(words("/get/a%2Fb").value(), ElementsAre("get", "a/b"));
  EXPECT_THAT(words("/set/k?EX=10&NX", "body").value(),
              ElementsAre("set", "k", "body", "EX", "10", "NX"));
  EXPECT_FALSE(words("/"));
  EXPECT_FALSE(words("/get/%"));
  EXPECT_FALSE(words("/get/k?x=%1"));
}

TEST(RestReply, WritesValues) {
  EXPECT_EQ(reply_of("+OK\r\n"), R"({"result":"OK"})");
  EXPECT_EQ(reply_of("$-1\r\n"), R"({"result":null})");
  EXPECT_EQ(reply_of(":-5\r\n"), R"({"result":-5})");
  EXPECT_EQ(reply_of("*3\r\n$1\r\n\"\r\n*0\r\n*-1\r\n"), R"({"result":["\"",[],null]})");
  EXPECT_EQ(reply_of("-ERR x\r\n"), R"({"error":"ERR x"})");
  EXPECT_EQ(reply_of("$4\r\na\xff\xc3\xa9\r\n"), "{\"result\":\"a\xef\xbf\xbd\xc3\xa9\"}");
}

TEST(RestReply, EncodesTextsOnRequest) {
  EXPECT_EQ(reply_of("+OK\r\n", RestEncoding::base64), R"({"result":"OK"})");
  EXPECT_EQ(reply_of("*2\r\n$1\r\n\xff\r\n:1\r\n", RestEncoding::base64),
            R"({"result":["/w==",1]})");
}

}  // namespace
}  // namespace duplex::ws
