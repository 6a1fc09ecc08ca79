// Sessions of the realtime protocol over real sockets: order, positions, slow clients.
#include "ws/json_session.h"

#include "ws/front_fixture.h"

#include <gmock/gmock.h>

namespace duplex::ws {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class JsonSessionTest : public FrontFixture {
 protected:
  static std::string history(int offset) {
    return "%3\r\n+epoch\r\n+5\r\n+offset\r\n:" + std::to_string(offset) +
           "\r\n+publications\r\n*0\r\n";
  }
  // Publishes as if the channel had a history. On the loop.
  void publish_at(std::string_view channel, std::uint64_t offset) {
    subscribers_.publish(std::make_shared<const pubsub::Message>(
        pubsub::Kind::channel,
        channel,
        std::to_string(offset),
        pubsub::Publication{
            .epoch = 5, .offset = offset, .log_position = 0, .info = {}, .tags = {}}));
  }
  // With one rule for all channels.
  void use_rule(realtime::ChannelRule rule) {
    rule.pattern = "*";
    rule.subscribe = realtime::Access::anonymous;
    authority_ = realtime::Authority(realtime::ChannelRules({rule}));
  }
  // Publishes more than the client's socket takes.
  void flood(int messages) {
    const std::string data = "\"" + std::string(60'000, 'x') + "\"";
    for (int i = 0; i < messages; ++i)
      publish("news", data);
  }
};

INSTANTIATE_TEST_SUITE_P(Backends,
                         JsonSessionTest,
                         ::testing::Values(net::BackendChoice::uring, net::BackendChoice::epoll),
                         backend_name);

TEST_P(JsonSessionTest, WhatTheReplyCoversIsNotPushed) {
  commands_.history = history(7);
  // Between the subscription and the reading of the history, 7 is published, and behind it 8.
  commands_.before = [this](std::span<const std::string_view> words) {
    if (words[0] != "RT.HISTORY") return;
    publish_at("news", 7);
    publish_at("news", 8);
    subscribers_.deliver_waiting();
  };
  RawClient client = open("/rt");
  client.send(
      client_text("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"news\"}}"));

  EXPECT_THAT(client.receive_text(), HasSubstr(R"("epoch":"5","offset":7)"));
  EXPECT_EQ(client.receive_text(), R"({"push":{"channel":"news","pub":{"data":8,"offset":8}}})");
}

TEST_P(JsonSessionTest, TellsWhoComesAndGoes) {
  use_rule({.pattern = {}, .presence = true, .join_leave = true});
  options_.leave_delay_ms = 0;
  const std::string subscribe_text =
      "{\"id\":1,\"connect\":{}}\n"
      "{\"id\":2,\"subscribe\":{\"channel\":\"room\",\"join_leave\":true}}";
  RawClient first = open("/rt");
  first.send(client_text(subscribe_text));
  first.receive_text();
  EXPECT_THAT(first.receive_text(), StartsWith(R"({"push":{"channel":"room","join":{"info":{)"));
  {
    RawClient second = open("/rt");
    second.send(client_text(subscribe_text));
    EXPECT_THAT(first.receive_text(), HasSubstr("join"));
    EXPECT_EQ(on_loop([&] { return presence_.stats("room").clients; }), 2u);
  }
  EXPECT_THAT(first.receive_text(), HasSubstr("leave"));
  EXPECT_EQ(on_loop([&] { return presence_.stats("room").clients; }), 1u);
}

TEST_P(JsonSessionTest, SlowClientsAreDisconnected) {
  use_rule({.pattern = {}, .slow = realtime::SlowPolicy::disconnect});
  RawClient client = subscribe("news");
  flood(100);

  EXPECT_TRUE(eventually([&] { return counters_.slow_disconnects == 1; }));
}

TEST_P(JsonSessionTest, SlowClientsGetTheNewest) {
  use_rule({.pattern = {}, .slow = realtime::SlowPolicy::conflate});
  RawClient client = subscribe("news");
  flood(100);
  publish("news", "\"last\"");

  std::string text;
  int count = 0;
  while (text.find("last") == std::string::npos && count < 101) {
    text = client.receive_text();
    ++count;
  }
  EXPECT_LT(count, 100);
  EXPECT_EQ(counters_.slow_disconnects, 0u);
}

TEST_P(JsonSessionTest, SlowClientsLoseTheOldest) {
  use_rule({.pattern = {}, .slow = realtime::SlowPolicy::drop_oldest});
  RawClient client = subscribe("news");
  flood(100);
  publish("news", "\"last\"");

  std::string text;
  int count = 0;
  while (text.find("last") == std::string::npos && count < 101) {
    text = client.receive_text();
    ++count;
  }
  EXPECT_LT(count, 100);
  EXPECT_EQ(counters_.slow_disconnects, 0u);
}

TEST_P(JsonSessionTest, SlowClientsAreToldToSubscribeAgain) {
  use_rule({.pattern = {}, .slow = realtime::SlowPolicy::resync});
  RawClient client = subscribe("news");
  flood(100);
  EXPECT_TRUE(eventually([&] { return hub_.channel_count(pubsub::Kind::channel) == 0; }));

  std::string text;
  for (int i = 0; i < 100 && text.find("unsubscribe") == std::string::npos; ++i)
    text = client.receive_text();
  EXPECT_EQ(text,
            R"({"push":{"channel":"news","unsubscribe":{"code":2500,)"
            R"("reason":"insufficient state"}}})");
  client.send(client_text(R"({"id":3,"subscribe":{"channel":"news"}})"));
  EXPECT_EQ(client.receive_text(), R"({"id":3,"subscribe":{}})");
}

TEST_P(JsonSessionTest, ProgramsDecideAboutClients) {
  RawClient client = open("/rt");
  client.send(client_text(R"({"id":1,"connect":{}})"));
  const std::string reply = client.receive_text();
  const std::string id = reply.substr(reply.find("client\":\"") + 9, 36);
  const auto order = [&](const realtime::Control& control) {
    on_loop([&] {
      subscribers_.publish(
          std::make_shared<const pubsub::Message>(pubsub::Kind::control,
                                                  realtime::control_of_client(id),
                                                  realtime::write_control(control)));
      subscribers_.deliver_waiting();
    });
  };

  order({.what = realtime::Control::What::subscribe, .text = "news"});
  EXPECT_EQ(client.receive_text(), R"({"push":{"channel":"news","subscribe":{}}})");
  publish("news", "1");
  EXPECT_EQ(client.receive_text(), R"({"push":{"channel":"news","pub":{"data":1}}})");
  order({.what = realtime::Control::What::unsubscribe, .text = "news"});
  EXPECT_EQ(client.receive_text(),
            R"({"push":{"channel":"news","unsubscribe":{"code":2000,)"
            R"("reason":"server unsubscribe"}}})");
  order({.what = realtime::Control::What::disconnect, .number = 3503, .text = "go"});
  EXPECT_EQ(client.receive_close(), 3503);
}

}  // namespace
}  // namespace duplex::ws
