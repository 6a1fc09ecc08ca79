// The HTTP API, without a port.
#include "ws/api_door.h"

#include "ws/front_fixture.h"
#include "ws/runner_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ApiDoorTest : public ::testing::Test {
 protected:
  ApiDoorTest() {
    options_.api_keys = {"first", "second"};
    commands_.replies["RT.PUBLISH"] =
        "%3\r\n$9\r\nreceivers\r\n:1\r\n$5\r\nepoch\r\n$2\r\n77\r\n$6\r\noffset\r\n:5\r\n";
  }

  HttpResponse ask(std::string_view method,
                   std::string_view body,
                   std::vector<HttpField> fields = {{"Authorization", "Bearer first"}},
                   std::string_view verb = "POST") {
    if (!door_) door_.emplace(options_, metrics_);
    HttpRouter router;
    HttpFront front({.loop = loop_,
                     .subscribers = subscribers_,
                     .commands = commands_,
                     .presence = presence_,
                     .live_keys = channels_,
                     .authority = authority_,
                     .options = options_,
                     .router = router,
                     .counters = counters_});
    const std::string target = "/api/" + std::string(method);
    auto routed = door_->route(
        {.method = verb, .target = target, .fields = std::move(fields), .body = body}, front, {});
    if (!routed) return http_error(404, "not its own");
    return std::get<HttpResponse>(std::move(*routed));
  }

  pubsub::Hub hub_{1};
  net::EventLoop loop_{{.index = 0, .backend = net::BackendChoice::automatic}};
  pubsub::LoopSubscribers subscribers_{hub_, 0};
  ScriptedRunner commands_;
  realtime::Presence presence_;
  realtime::ChannelState channels_{{}, 0, false};
  realtime::Authority authority_;
  Counters counters_;
  Options options_;
  FixedMetrics metrics_;
  std::optional<ApiDoor> door_;
};

TEST_F(ApiDoorTest, IsClosedWithoutKeys) {
  options_.api_keys.clear();
  EXPECT_EQ(ask("publish", "{}").status, 403u);
}

TEST_F(ApiDoorTest, WantsOneOfTheKeys) {
  const std::string_view body = R"({"channel":"a","data":1})";
  EXPECT_EQ(ask("publish", body, {}).status, 401u);
  EXPECT_EQ(ask("publish", body, {{"Authorization", "Bearer wrong"}}).status, 401u);
  EXPECT_EQ(ask("publish", body, {{"Authorization", "Bearer "}}).status, 401u);
  EXPECT_EQ(ask("publish", body, {{"Authorization", "first"}}).status, 401u);
  EXPECT_TRUE(commands_.asked.empty());
  EXPECT_EQ(ask("publish", body, {{"authorization", "bearer second"}}).status, 200u);
  EXPECT_EQ(ask("publish", body, {{"X-API-Key", "first"}}).status, 200u);
}

TEST_F(ApiDoorTest, PublishesDataByteForByte) {
  commands_.log_position = 42;
  const HttpResponse response =
      ask("publish", R"({"channel":"é","data":{"b" : 1.50},"tags":{"t":"1"}})");
  EXPECT_EQ(response.body, "{\"result\":{\"offset\":5,\"epoch\":\"77\"}}\n");
  EXPECT_EQ(response.log_position, 42u);
  EXPECT_THAT(
      commands_.asked,
      ElementsAre(ElementsAre("RT.PUBLISH", "é", R"({"b" : 1.50})", "TAGS", R"({"t":"1"})")));
}

TEST_F(ApiDoorTest, BroadcastsToEachChannel) {
  const HttpResponse response = ask("broadcast", R"({"channels":["a","b"],"data":"x"})");
  EXPECT_EQ(response.body,
            "{\"result\":{\"responses\":[{\"result\":{\"offset\":5,\"epoch\":\"77\"}},"
            "{\"result\":{\"offset\":5,\"epoch\":\"77\"}}]}}\n");
  EXPECT_THAT(commands_.asked,
              ElementsAre(ElementsAre("RT.PUBLISH", "a", "\"x\""),
                          ElementsAre("RT.PUBLISH", "b", "\"x\"")));
}

TEST_F(ApiDoorTest, RefusesWhatIsNotRight) {
  for (const std::string_view body : {"", "[]", "{", "1", "{} {}", "\xff"})
    EXPECT_EQ(ask("publish", body).status, 400u) << body;
  for (const std::string_view body : {R"({})",
                                      R"({"channel":"a"})",
                                      R"({"channel":"","data":1})",
                                      R"({"channel":1,"data":1})",
                                      R"({"channel":"a","data":1,"tags":[]})"}) {
    const HttpResponse response = ask("publish", body);
    EXPECT_EQ(response.status, 200u);
    EXPECT_THAT(response.body, HasSubstr(R"({"error":{"code":107,"message":"bad request: )"));
  }
  EXPECT_THAT(ask("broadcast", R"({"channels":[],"data":1})").body, HasSubstr("107"));
  EXPECT_THAT(ask("broadcast", R"({"channels":["a",1],"data":1})").body, HasSubstr("107"));
  EXPECT_EQ(ask("publish", "{}", {{"X-API-Key", "first"}}, "GET").status, 405u);
  EXPECT_EQ(ask("nothing", "{}").status, 404u);
  EXPECT_TRUE(commands_.asked.empty());
}

TEST_F(ApiDoorTest, TellsWhyTheServerRefuses) {
  const std::string_view body = R"({"channel":"a","data":1})";
  commands_.replies["RT.PUBLISH"] = "-OOM command not allowed\r\n";
  EXPECT_EQ(ask("publish", body).status, 503u);
  commands_.replies["RT.PUBLISH"] = "-ERR something\r\n";
  EXPECT_EQ(ask("publish", body).body,
            "{\"error\":{\"code\":100,\"message\":\"ERR something\"}}\n");
  commands_.replies.clear();
  EXPECT_EQ(ask("publish", body).body,
            "{\"error\":{\"code\":108,\"message\":\"not available\"}}\n");
}

TEST_F(ApiDoorTest, CarriesOutARequestOnce) {
  const std::string_view body = R"({"channel":"a","data":1,"idempotency_key":"k"})";
  commands_.replies["RT.PUBLISH"].swap(commands_.replies["later"]);
  EXPECT_THAT(ask("publish", body).body, HasSubstr("error"));  // not remembered
  commands_.replies["RT.PUBLISH"].swap(commands_.replies["later"]);
  commands_.log_position = 9;
  const HttpResponse first = ask("publish", body);
  const HttpResponse second = ask("publish", body);
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(second.log_position, 9u);
  EXPECT_EQ(commands_.asked.size(), 2u);
  EXPECT_EQ(ask("publish", R"({"channel":"a","data":1,"idempotency_key":1})").status, 400u);
}

TEST_F(ApiDoorTest, TellsAboutTheServer) {
  EXPECT_EQ(ask("info", "{}").body, "{\"result\":{\"nodes\":[{\"keys\":1}]}}\n");
}

TEST(Idempotency, ForgetsTheOldestOnes) {
  Idempotency done({.entries_max = 2, .bytes_max = 1000, .kept_ms = 100});
  HttpResponse response;
  for (const char* key : {"a", "b", "c"}) {
    response.body = key;
    EXPECT_FALSE(done.claim(key, 0));
    EXPECT_EQ(done.claim(key, 0)->status, 503u);
    done.settle(key, response);
  }
  EXPECT_EQ(done.claim("c", 99)->body, "c");
  EXPECT_FALSE(done.claim("c", 100));
  EXPECT_FALSE(done.claim("a", 100));
}

TEST(Idempotency, LimitsBytes) {
  Idempotency done({.entries_max = 100, .bytes_max = 1000, .kept_ms = 100});
  HttpResponse response;
  response.body.assign(900, 'x');
  for (const char* key : {"a", "b"}) {
    EXPECT_FALSE(done.claim(key, 0));
    done.settle(key, response);
  }
  EXPECT_TRUE(done.claim("b", 0));
  EXPECT_FALSE(done.claim("a", 0));
}

TEST(Idempotency, AKeyThatWasGivenUpIsNew) {
  Idempotency done({});
  EXPECT_FALSE(done.claim("a", 0));
  done.give_up("a");
  EXPECT_FALSE(done.claim("a", 0));
}

}  // namespace
}  // namespace duplex::ws
