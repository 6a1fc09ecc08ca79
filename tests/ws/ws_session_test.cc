// WebSocket connections over real sockets, on both back ends.
#include "ws/ws_session.h"

#include "ws/front_fixture.h"

#include <gmock/gmock.h>

namespace duplex::ws {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class WsSessionTest : public FrontFixture {
 protected:
  bool all_gone() {
    return eventually([&] {
      return counters_.websockets == 0 && counters_.connections == 0 &&
             counters_.subscriptions == 0 && hub_.channel_count(pubsub::Kind::channel) == 0;
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Backends,
                         WsSessionTest,
                         ::testing::Values(net::BackendChoice::uring, net::BackendChoice::epoll),
                         backend_name);

TEST_P(WsSessionTest, EchoesTextAndBinary) {
  RawClient client = open("/echo");
  client.send(client_text("text"));
  client.send(client_frame({.opcode = Opcode::binary, .payload = std::string_view("\0\xff", 2)}));

  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x81, "text"}));
  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x82, std::string("\0\xff", 2)}));
}

TEST_P(WsSessionTest, EchoesBigMessages) {
  RawClient client = open("/echo");
  const std::string big(std::size_t{3} << 20, 'x');
  std::thread sender([&] { client.send(client_text(big)); });

  EXPECT_EQ(client.receive_frame().payload, big);
  sender.join();
}

TEST_P(WsSessionTest, AnswersPingsInOrder) {
  RawClient client = open("/echo");
  client.send(client_text("a") + client_frame({.opcode = Opcode::ping, .payload = "p"}) +
              client_frame({.opcode = Opcode::pong}) + client_text("b"));

  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x81, "a"}));
  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x8a, "p"}));
  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x81, "b"}));
}

TEST_P(WsSessionTest, AnswersACloseFrameAndEnds) {
  RawClient client = open("/echo");
  client.send(client_text("last") + client_close(1001, "going") + client_text("never read"));

  EXPECT_EQ(client.receive_text(), "last");
  EXPECT_EQ(client.receive_all(), "\x88\x02\x03\xe9");
  EXPECT_TRUE(all_gone());
}

TEST_P(WsSessionTest, AnswersACloseFrameWithoutCode) {
  RawClient client = open("/echo");
  client.send(client_frame({.opcode = Opcode::close}));

  EXPECT_EQ(client.receive_all(), std::string("\x88\x00", 2));
}

TEST_P(WsSessionTest, ClosesForBadFramesAndReadsOn) {
  RawClient client = open("/echo");
  client.send(client_frame({.payload = "x", .masked = false}) + std::string(100'000, 'x'));

  EXPECT_EQ(client.receive_close(), close_codes::protocol_error);
  EXPECT_EQ(client.receive_all(), "");
  client.close();
  EXPECT_TRUE(all_gone());
}

TEST_P(WsSessionTest, DoesNotWaitForEverForTheEndOfABadClient) {
  options_.close_timeout_ms = 100;
  RawClient client = open("/echo");
  client.send("\xff\xff");

  EXPECT_EQ(client.receive_close(), close_codes::protocol_error);
  EXPECT_TRUE(all_gone());
}

TEST_P(WsSessionTest, WaitsForTheAnswerToItsCloseFrame) {
  RawClient client = open("/rt");
  client.send(client_text("nonsense"));
  EXPECT_EQ(client.receive_close(), 3501);

  client.send(client_text("still sending") + client_close(3501, ""));

  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(all_gone());
}

TEST_P(WsSessionTest, EndsWithoutAnAnswerToItsCloseFrame) {
  options_.close_timeout_ms = 100;
  RawClient client = open("/rt");
  client.send(client_text("nonsense"));

  EXPECT_EQ(client.receive_close(), 3501);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_TRUE(all_gone());
}

TEST_P(WsSessionTest, ForgetsAClientThatIsGone) {
  {
    RawClient client = subscribe("news");
    EXPECT_EQ(publish("news", "1"), 1u);
    client.send(client_frame({.payload = "unfinished", .final = false}));
  }
  EXPECT_TRUE(all_gone());
  EXPECT_EQ(publish("news", "2"), 0u);
}

TEST_P(WsSessionTest, PushesWhatIsPublished) {
  RawClient one = subscribe("news");
  RawClient two = subscribe("news");

  EXPECT_EQ(publish("news", "{\"n\":1}"), 2u);
  EXPECT_EQ(publish("other", "1"), 0u);
  for (RawClient* client : {&one, &two})
    EXPECT_EQ(client->receive_text(), R"({"push":{"channel":"news","pub":{"data":{"n":1}}}})");
}

TEST_P(WsSessionTest, RepliesBeforeItPushes) {
  RawClient client = open("/rt");
  client.send(
      client_text("{\"id\":1,\"connect\":{}}\n"
                  "{\"id\":2,\"subscribe\":{\"channel\":\"a\"}}\n"
                  "{\"id\":3,\"publish\":{\"channel\":\"a\",\"data\":7}}"));

  EXPECT_THAT(client.receive_text(), HasSubstr("\n{\"id\":2,\"subscribe\":{}}\n{\"id\":3,"));
  EXPECT_EQ(client.receive_text(), R"({"push":{"channel":"a","pub":{"data":7}}})");
}

TEST_P(WsSessionTest, RefusesBinaryMessages) {
  RawClient client = open("/rt");
  client.send(client_frame({.opcode = Opcode::binary, .payload = "{}"}));

  EXPECT_EQ(client.receive_close(), 3501);
}

TEST_P(WsSessionTest, EndsClientsThatDoNotConnect) {
  options_.connect_timeout_ms = 100;
  RawClient client = open("/rt");

  EXPECT_EQ(client.receive_close(), 3502);
}

TEST_P(WsSessionTest, PingsAndExpectsPongs) {
  options_.ping_interval_ms = 100;
  options_.pong_timeout_ms = 100;
  RawClient client = subscribe("news");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.receive_text(), "{}");
    client.send(client_text("{}"));
  }

  EXPECT_EQ(client.receive_text(), "{}");
  EXPECT_EQ(client.receive_close(), 3012);
}

TEST_P(WsSessionTest, PingsOnTheEchoDoor) {
  options_.ping_interval_ms = 100;
  options_.pong_timeout_ms = 100;
  RawClient client = open("/echo");
  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x89, ""}));
  client.send(client_frame({.opcode = Opcode::pong}));

  EXPECT_EQ(client.receive_frame(), (RawClient::Frame{0x89, ""}));
  EXPECT_EQ(client.receive_close(), 3012);
}

TEST_P(WsSessionTest, DropsSlowClientsOnly) {
  options_.output_bytes_max = 64 * 1024;
  RawClient slow = subscribe("news");
  RawClient good = subscribe("news");
  const std::string payload = "\"" + std::string(10'000, 'x') + "\"";

  // The kernel takes some of it, then the queue fills.
  std::size_t published = 0;
  while (published < 10'000 && publish("news", payload) == 2) {
    ++published;
    EXPECT_EQ(good.receive_text().size(), payload.size() + 43);
    if (on_loop([&] { return counters_.slow_disconnects.load(); }) != 0) break;
  }

  EXPECT_EQ(on_loop([&] { return counters_.slow_disconnects.load(); }), 1u);
  RawClient::Frame frame = slow.receive_frame();
  while (frame.first == 0x81)
    frame = slow.receive_frame();
  EXPECT_EQ(frame.first, 0x88u);
  EXPECT_THAT(frame.payload, StartsWith("\x0b\xc0"));  // 3008
}

TEST_P(WsSessionTest, DoesNotReadFromAClientThatDoesNot) {
  RawClient client = open("/echo");
  const std::string message = client_text(std::string(60'000, 'x'));
  std::thread sender([&] {
    for (int i = 0; i < 200; ++i)
      client.send(message);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  // Without back-pressure all 12 MB would be waiting by now.
  EXPECT_LT(on_loop([&] { return counters_.messages_received.load(); }), 100u);

  for (int i = 0; i < 200; ++i)
    EXPECT_EQ(client.receive_frame().payload.size(), 60'000u);
  sender.join();
}

TEST_P(WsSessionTest, TellsClientsThatTheServerStops) {
  RawClient client = subscribe("news");

  on_loop([&] { front_->begin_shutdown(); });

  EXPECT_EQ(client.receive_close(), 3001);
}

TEST_P(WsSessionTest, EndsWithItsLoop) {
  RawClient client = subscribe("news");

  stop();

  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(counters_.websockets, 0u);
  EXPECT_EQ(hub_.channel_count(pubsub::Kind::channel), 0u);
}

}  // namespace
}  // namespace duplex::ws
