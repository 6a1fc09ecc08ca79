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
class RecordingHost : public JsonProtocol::Host, public realtime::CommandRunner {
 public:
  void subscribe(std::string_view channel) override {
    log.push_back("sub " + std::string(channel));
  }
  void unsubscribe(std::string_view channel) override {
    log.push_back("unsub " + std::string(channel));
  }
  std::expected<realtime::LiveValue, std::string> watch(std::string_view channel) override {
    log.push_back("watch " + std::string(channel));
    return live;
  }
  void begin_at(std::string_view channel, const realtime::Position& position) override {
    if (!position.epoch.empty())
      log.push_back("at " + std::string(channel) + " " + std::to_string(position.offset));
  }
  void enter(std::string_view channel, realtime::Present who, bool announces) override {
    log.push_back("enter " + std::string(channel) + " " + who.user + (announces ? " !" : ""));
  }
  void leave(std::string_view channel, std::string_view, bool announces) override {
    log.push_back("leave " + std::string(channel) + (announces ? " !" : ""));
  }
  void hear_presence(std::string_view channel) override {
    log.push_back("hear " + std::string(channel));
  }
  void ignore_presence(std::string_view channel) override {
    log.push_back("ignore " + std::string(channel));
  }
  std::string expect_answer(std::uint32_t id) override {
    log.push_back("expect " + std::to_string(id));
    return "token";
  }
  void forget_answer(std::string_view token) override {
    log.push_back("forget " + std::string(token));
  }
  void introduce(const realtime::Identity&, std::string_view) override {}
  realtime::CommandRunner& commands() override { return *this; }
  realtime::Ran run(std::span<const std::string_view> words, realtime::RunAs as) override {
    if (words[0] == "RT.PUBLISH") {
      EXPECT_EQ(as, realtime::RunAs::browser);
      log.push_back("pub " + std::string(words[1]) + " " + std::string(words[2]));
    }
    asked.clear();
    for (const std::string_view word : words)
      asked += (asked.empty() ? "" : " ") + std::string(word);
    const bool is_history = words[0] == "RT.HISTORY" || words[0] == "RT.STREAM";
    return {.reply = is_history ? history : reply};
  }

  std::vector<std::string> log;
  std::string asked;  // the last command
  std::string reply = "+OK\r\n";
  std::expected<realtime::LiveValue, std::string> live =
      realtime::LiveValue{.json = R"("type":"none","value":null)", .version = 3};
  std::string history = "%3\r\n+epoch\r\n+\r\n+offset\r\n:0\r\n+publications\r\n*0\r\n";
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
  std::vector<std::string> channels() const {
    std::vector<std::string> names;
    for (const JsonProtocol::Channel& channel : protocol_->channels())
      names.push_back(channel.name);
    return names;
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
  EXPECT_THAT(channels(), ElementsAre("news"));
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
  EXPECT_THAT(channels(), IsEmpty());
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

  EXPECT_EQ(ask(R"({"id":2,"sub_refresh":{"channel":"a"}})"),
            R"({"id":2,"error":{"code":103,"message":"permission denied"}})");
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
                                         R"({"id":2,"send":{"data":1}})",
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

// "d" at offset 7 of epoch 5, and the history's top.
std::string one_publication(int top) {
  return "%3\r\n+epoch\r\n+5\r\n+offset\r\n:" + std::to_string(top) +
         "\r\n+publications\r\n*1\r\n*4\r\n:7\r\n$1\r\n1\r\n$2\r\n{}\r\n_\r\n";
}

TEST_F(JsonProtocolTest, SaysWhereAHistoryStands) {
  host_.history = "%3\r\n+epoch\r\n+5\r\n+offset\r\n:7\r\n+publications\r\n*0\r\n";
  connect();

  EXPECT_EQ(
      ask(R"({"id":2,"subscribe":{"channel":"a"}})"),
      R"({"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"5","offset":7}})");
  EXPECT_EQ(host_.asked, "RT.HISTORY a LIMIT 0 MAKE");
  EXPECT_THAT(host_.log, ElementsAre("sub a", "at a 7"));
}

TEST_F(JsonProtocolTest, RecoversAllOrNothing) {
  connect();
  const std::string head = R"({"id":2,"subscribe":{"recoverable":true,"positioned":true,)";
  const auto recover = [&](std::string_view epoch, int offset) {
    const std::string reply =
        ask(R"({"id":2,"subscribe":{"channel":"a","recover":true,"epoch":")" + std::string(epoch) +
            R"(","offset":)" + std::to_string(offset) + "}}");
    ask(R"({"id":3,"unsubscribe":{"channel":"a"}})");
    return reply;
  };

  host_.history = one_publication(7);
  EXPECT_EQ(recover("5", 6),
            head + R"("epoch":"5","offset":7,"was_recovering":true,"recovered":true,)"
                   R"("publications":[{"data":1,"offset":7,"info":{}}]}})");
  // One is missing, one too many is there, another history.
  EXPECT_EQ(recover("5", 5),
            head + R"("epoch":"5","offset":7,"was_recovering":true,"recovered":false}})");
  EXPECT_EQ(recover("5", 8),
            head + R"("epoch":"5","offset":7,"was_recovering":true,"recovered":false}})");
  EXPECT_EQ(recover("4", 6),
            head + R"("epoch":"5","offset":7,"was_recovering":true,"recovered":false}})");
}

TEST_F(JsonProtocolTest, ReadsHistory) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"history":{"channel":"a"}})"),
            R"({"id":2,"error":{"code":103,"message":"permission denied"}})");
}

TEST_F(JsonProtocolTest, TellsWhenAHistoryCannotBeRead) {
  host_.history = "-ERR no\r\n";
  connect();

  EXPECT_EQ(ask(R"({"id":2,"subscribe":{"channel":"a"}})"),
            R"({"id":2,"error":{"code":100,"message":"internal server error","temporary":true}})");
  EXPECT_THAT(host_.log, ElementsAre("sub a", "unsub a"));
  EXPECT_THAT(channels(), IsEmpty());
}

TEST_F(JsonProtocolTest, WatchesKeys) {
  connect();

  EXPECT_EQ(ask(R"({"id":2,"subscribe":{"channel":"key:a"}})"),
            R"({"id":2,"subscribe":{"data":{"type":"none","value":null,"version":3}}})");
  EXPECT_EQ(ask(R"({"id":3,"unsubscribe":{"channel":"key:a"}})"), R"({"id":3,"unsubscribe":{}})");
  EXPECT_THAT(host_.log, ElementsAre("watch key:a", "unsub key:a"));

  host_.live = std::unexpected(std::string("NOPERM no"));
  EXPECT_EQ(ask(R"({"id":2,"subscribe":{"channel":"key:a"}})"),
            R"({"id":2,"error":{"code":103,"message":"permission denied"}})");
  EXPECT_THAT(channels(), IsEmpty());
}

TEST_F(JsonProtocolTest, RefusesValuesThatAreTooLarge) {
  options_.live_bytes_max = 10;
  connect();

  EXPECT_EQ(ask(R"({"id":2,"subscribe":{"channel":"key:a"}})"),
            R"({"id":2,"error":{"code":106,"message":"limit exceeded"}})");
  EXPECT_THAT(host_.log, ElementsAre("watch key:a", "unsub key:a"));
  EXPECT_THAT(channels(), IsEmpty());
}

TEST_F(JsonProtocolTest, ReadsStreams) {
  host_.history =
      "%4\r\n+epoch\r\n+s\r\n+offset\r\n:9\r\n+publications\r\n*0\r\n"
      "+complete\r\n#t\r\n";
  connect();

  EXPECT_EQ(ask(R"({"id":2,"subscribe":{"channel":"stream:a","recover":true,"epoch":"s",)"
                R"("offset":5}})"),
            R"({"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":"s","offset":9,)"
            R"("was_recovering":true,"recovered":true}})");
  EXPECT_EQ(host_.asked, "RT.STREAM a LIMIT 300 SINCE 5");
}

TEST_F(JsonProtocolTest, CallsPrograms) {
  options_.rpc_routes = {{"math.*", "calls"}, {"send", "messages"}};
  connect();

  EXPECT_EQ(ask(R"({"id":7,"rpc":{"method":"math.add","data":[1, 2]}})"), "");
  EXPECT_THAT(
      host_.asked,
      MatchesRegex(R"(XADD calls MAXLEN ~ 10000 \* client [0-9a-f-]+ user  method math.add )"
                   R"(data \[1, 2\] reply token)"));
  EXPECT_EQ(ask(R"({"id":8,"rpc":{"method":"dance"}})"),
            R"({"id":8,"error":{"code":108,"message":"not available"}})");
  host_.reply = "-NOPERM no\r\n";
  EXPECT_EQ(ask(R"({"id":9,"rpc":{"method":"math.add"}})"),
            R"({"id":9,"error":{"code":103,"message":"permission denied"}})");
  EXPECT_THAT(host_.log, ElementsAre("expect 7", "expect 9", "forget token"));
  host_.reply = "+OK\r\n";
  EXPECT_EQ(ask(R"({"send":{"data":"x"}})"), "");
  EXPECT_THAT(host_.asked, MatchesRegex(R"(XADD messages .* method send data "x")"));
}

}  // namespace
}  // namespace duplex::ws
