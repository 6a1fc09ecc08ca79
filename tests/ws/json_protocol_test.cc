// The native protocol without sockets: commands in, replies and actions out.
#include "ws/json_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {
namespace {

constexpr auto none = realtime::Access::none;
constexpr auto anon = realtime::Access::anonymous;

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

// Writes down what the protocol asks for.
class RecordingHost : public JsonProtocol::Host {
 public:
  void subscribe(std::string_view channel) override {
    log.push_back("sub " + std::string(channel));
  }
  void unsubscribe(std::string_view channel) override {
    log.push_back("unsub " + std::string(channel));
  }
  void publish(std::string_view channel, std::string_view payload) override {
    log.push_back("pub " + std::string(channel) + " " + std::string(payload));
  }
  std::vector<std::string> log;
};

class JsonProtocolTest : public ::testing::Test {
 protected:
  JsonProtocolTest() { options_.version = "Duplex 1"; }

  // The replies, and the code of the disconnect if there is one ("!3501").
  std::string ask(std::string_view message, std::int64_t now_ms = 0) {
    if (!protocol_) protocol_.emplace(options_, authority_, host_, 0);
    std::string replies;
    const auto disconnect = protocol_->receive(message, now_ms, replies);
    if (disconnect) replies += "!" + std::to_string(disconnect->code);
    return replies;
  }
  void connect() { ASSERT_THAT(ask(R"({"id":1,"connect":{}})"), ::testing::HasSubstr("client")); }

  JsonProtocolOptions options_;
  realtime::Authority authority_{realtime::ChannelRules({{"secret:*", none, none},
                                                         {"read:*", anon, none},
                                                         {"write:*", none, anon},
                                                         {"*", anon, anon}})};
  RecordingHost host_;
  std::optional<JsonProtocol> protocol_;
};

TEST_F(JsonProtocolTest, Connects) {
  EXPECT_THAT(ask(R"({"id":1,"connect":{"name":"js"}})"),
              MatchesRegex(R"(\{"id":1,"connect":\{"client":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-)"
                           R"([89ab][0-9a-f]{3}-[0-9a-f]{12}","version":"Duplex 1","ping":25,)"
                           R"("pong":true\}\})"));
  EXPECT_TRUE(protocol_->is_connected());
}

TEST_F(JsonProtocolTest, RefusesToConnectWhenNothingIsOpen) {
  authority_ = realtime::Authority(realtime::ChannelRules({{"*", none, none}}));

  EXPECT_EQ(ask(R"({"id":1,"connect":{}})"),
            R"({"id":1,"error":{"code":101,"message":"unauthorized"}})");
  EXPECT_FALSE(protocol_->is_connected());
}

TEST_F(JsonProtocolTest, RefusesTokensThatItCannotCheck) {
  EXPECT_EQ(ask(R"({"id":1,"connect":{"token":"eyJ"}})"), "!3500");
}

TEST_F(JsonProtocolTest, TakesNothingBeforeConnect) {
  for (const std::string_view command : {R"({"id":1,"subscribe":{"channel":"a"}})",
                                         R"({"id":1,"publish":{"channel":"a","data":1}})",
                                         R"({"id":1,"ping":{}})",
                                         R"({"id":1,"nonsense":{}})"}) {
    protocol_.reset();
    EXPECT_EQ(ask(command), "!3501");
  }
  EXPECT_THAT(host_.log, IsEmpty());
}

TEST_F(JsonProtocolTest, ConnectsOnce) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"connect":{}})"), "!3501");
}

TEST_F(JsonProtocolTest, Subscribes) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"subscribe":{"channel":"news"}})"), R"({"id":2,"subscribe":{}})");
  EXPECT_THAT(host_.log, ElementsAre("sub news"));
  EXPECT_THAT(protocol_->channels(), ElementsAre("news"));
}

TEST_F(JsonProtocolTest, TellsWhySubscribingFails) {
  options_.channels_max = 2;
  connect();
  ask(R"({"id":2,"subscribe":{"channel":"a"}})");

  EXPECT_EQ(ask(R"({"id":3,"subscribe":{"channel":"a"}})"),
            R"({"id":3,"error":{"code":105,"message":"already subscribed"}})");
  EXPECT_EQ(ask(R"({"id":4,"subscribe":{"channel":"secret:a"}})"),
            R"({"id":4,"error":{"code":103,"message":"permission denied"}})");
  EXPECT_EQ(ask(R"({"id":5,"subscribe":{"channel":"write:a"}})"),
            R"({"id":5,"error":{"code":103,"message":"permission denied"}})");
  EXPECT_EQ(ask(R"({"id":6,"subscribe":{"channel":")" + std::string(256, 'x') + R"("}})"),
            R"({"id":6,"error":{"code":107,"message":"bad request"}})");
  EXPECT_EQ(ask(R"({"id":7,"subscribe":{"channel":")" + std::string(255, 'x') + R"("}})"),
            R"({"id":7,"subscribe":{}})");
  EXPECT_EQ(ask(R"({"id":8,"subscribe":{"channel":"c"}})"),
            R"({"id":8,"error":{"code":106,"message":"limit exceeded"}})");
}

TEST_F(JsonProtocolTest, Unsubscribes) {
  connect();
  ask(R"({"id":2,"subscribe":{"channel":"a"}})");

  EXPECT_EQ(ask(R"({"id":3,"unsubscribe":{"channel":"a"}})"), R"({"id":3,"unsubscribe":{}})");
  EXPECT_EQ(ask(R"({"id":4,"unsubscribe":{"channel":"a"}})"), R"({"id":4,"unsubscribe":{}})");
  EXPECT_THAT(host_.log, ElementsAre("sub a", "unsub a"));
  EXPECT_THAT(protocol_->channels(), IsEmpty());
}

TEST_F(JsonProtocolTest, PublishesTheTextAsItWasWritten) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"publish":{"channel":"a","data":{"x": 1.0, "y":"\u00e4"}}})"),
            R"({"id":2,"publish":{}})");
  EXPECT_EQ(ask(R"({"publish":{"data":null,"channel":"a"},"id":3})"), R"({"id":3,"publish":{}})");
  EXPECT_THAT(host_.log, ElementsAre(R"(pub a {"x": 1.0, "y":"\u00e4"})", "pub a null"));
}

TEST_F(JsonProtocolTest, TellsWhyPublishingFails) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"publish":{"channel":"read:a","data":1}})"),
            R"({"id":2,"error":{"code":103,"message":"permission denied"}})");
  EXPECT_EQ(ask(R"({"id":3,"publish":{"channel":"a"}})"), "!3501");
  EXPECT_THAT(host_.log, IsEmpty());
}

TEST_F(JsonProtocolTest, AnswersPings) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"ping":{}})"), R"({"id":2,"ping":{}})");
}

TEST_F(JsonProtocolTest, NotesPongs) {
  connect();

  EXPECT_FALSE(protocol_->take_pong());
  EXPECT_EQ(ask("{}"), "");
  EXPECT_TRUE(protocol_->take_pong());
  EXPECT_FALSE(protocol_->take_pong());
}

TEST_F(JsonProtocolTest, KnowsCommandsItDoesNotHave) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"presence":{"channel":"a"}})"),
            R"({"id":2,"error":{"code":108,"message":"not available"}})");
  EXPECT_EQ(ask(R"({"id":3,"dance":{}})"),
            R"({"id":3,"error":{"code":104,"message":"method not found"}})");
}

TEST_F(JsonProtocolTest, TakesBatches) {
  connect();

  EXPECT_EQ(ask("{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n\n"
                "{}\r\n"
                "{\"id\":3,\"publish\":{\"channel\":\"a\",\"data\":1}}\n"),
            "{\"id\":2,\"subscribe\":{}}\n{\"id\":3,\"publish\":{}}");
  EXPECT_THAT(host_.log, ElementsAre("sub a", "pub a 1"));
}

TEST_F(JsonProtocolTest, KeepsTheRepliesBeforeABadCommand) {
  connect();

  EXPECT_EQ(ask("{\"id\":2,\"ping\":{}}\nnonsense\n{\"id\":3,\"ping\":{}}"),
            "{\"id\":2,\"ping\":{}}!3501");
}

TEST_F(JsonProtocolTest, EndsForMalformedCommands) {
  for (const std::string_view command : {"x",
                                         "[]",
                                         "1",
                                         "null",
                                         R"({"id":2})",
                                         R"({"id":0,"ping":{}})",
                                         R"({"id":-1,"ping":{}})",
                                         R"({"id":"2","ping":{}})",
                                         R"({"id":4294967296,"ping":{}})",
                                         R"({"id":1.5,"ping":{}})",
                                         R"({"ping":{}})",
                                         R"({"id":2,"ping":1})",
                                         R"({"id":2,"ping":{},"send":{}})",
                                         R"({"id":2,"subscribe":{}})",
                                         R"({"id":2,"subscribe":{"channel":""}})",
                                         R"({"id":2,"subscribe":{"channel":7}})",
                                         R"({"id":2,"unsubscribe":{"channel":[]}})",
                                         R"({"send":{"data":1}})",
                                         R"({"id":2,"publish":{"channel":"a","d\u0061ta":1}})",
                                         "{\"id\":2,\"subscribe\":{\"channel\":\"\xff\"}}",
                                         R"({"id":2,"ping":{}} x)"}) {
    SCOPED_TRACE(command);
    protocol_.reset();
    connect();
    EXPECT_EQ(ask(command), "!3501");
  }
  EXPECT_THAT(host_.log, IsEmpty());
}

TEST_F(JsonProtocolTest, LimitsTheRateOfCommands) {
  options_.commands = {.per_second = 10, .burst = 3};
  options_.refusals = {.per_second = 1, .burst = 2};
  const std::string ping = R"({"id":2,"ping":{}})";
  const std::string pong = R"({"id":2,"ping":{}})";
  const std::string refused =
      R"({"id":2,"error":{"code":111,"message":"too many requests","temporary":true}})";
  connect();

  EXPECT_EQ(ask(ping), pong);
  EXPECT_EQ(ask(ping), pong);
  EXPECT_EQ(ask(ping), refused);
  EXPECT_EQ(ask(ping, 100), pong);
  EXPECT_EQ(ask(ping, 100), refused);
  EXPECT_EQ(ask(ping, 100), "!3013");
}

TEST_F(JsonProtocolTest, LimitsTheRateOfPublishes) {
  options_.publishes = {.per_second = 10, .burst = 1};
  const std::string publish = R"({"id":2,"publish":{"channel":"a","data":1}})";
  connect();

  EXPECT_EQ(ask(publish), R"({"id":2,"publish":{}})");
  EXPECT_THAT(ask(publish), ::testing::HasSubstr("111"));
  EXPECT_EQ(ask(R"({"id":2,"ping":{}})"), R"({"id":2,"ping":{}})");
  EXPECT_EQ(ask(publish, 100), R"({"id":2,"publish":{}})");
  EXPECT_THAT(host_.log, ElementsAre("pub a 1", "pub a 1"));
}

TEST_F(JsonProtocolTest, LetsAPageSubscribeToAllItMayAtOnce) {
  connect();
  std::string batch;
  for (std::size_t i = 0; i < options_.channels_max; ++i)
    batch += R"({"id":)" + std::to_string(i + 2) + R"(,"subscribe":{"channel":"c)" +
             std::to_string(i) + "\"}}\n";

  EXPECT_THAT(ask(batch), ::testing::Not(::testing::HasSubstr("error")));
  EXPECT_EQ(host_.log.size(), options_.channels_max);
}

}  // namespace
}  // namespace duplex::ws
