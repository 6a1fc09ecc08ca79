// HTTP connections over real sockets, on both back ends.
#include "ws/http_session.h"

#include "ws/front_fixture.h"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace duplex::ws {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpSessionTest : public FrontFixture {};

INSTANTIATE_TEST_SUITE_P(Backends,
                         HttpSessionTest,
                         ::testing::Values(net::BackendChoice::uring, net::BackendChoice::epoll),
                         backend_name);

TEST_P(HttpSessionTest, AnswersOneRequestAfterTheOther) {
  RawClient client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send(health);
    const std::string response = client.receive_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(response, EndsWith("\r\n\r\n{\"status\":\"ok\"}\n"));
    EXPECT_THAT(response, HasSubstr("Content-Type: application/json\r\n"));
  }
}

TEST_P(HttpSessionTest, AnswersPipelinedRequestsInOrder) {
  RawClient client = connect();
  client.send(std::string(health) + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" +
              "HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n" +
              "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  const std::string all = client.receive_all();

  const std::size_t first = all.find("HTTP/1.1 200 OK");
  const std::size_t second = all.find("HTTP/1.1 404 Not Found", first);
  const std::size_t third = all.find("HTTP/1.1 200 OK", second);
  const std::size_t fourth = all.find("HTTP/1.1 200 OK", third + 1);
  ASSERT_NE(fourth, std::string::npos);
  EXPECT_THAT(all.substr(third, fourth - third), EndsWith("\r\n\r\n"));
  EXPECT_THAT(all, EndsWith("duplex_up 1\n"));
}

TEST_P(HttpSessionTest, TakesARequestByteByByte) {
  RawClient client = connect();
  for (const char& byte : health)
    client.send({&byte, 1});

  EXPECT_THAT(client.receive_response(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_P(HttpSessionTest, ClosesForOldClients) {
  RawClient client = connect();
  client.send("GET /health HTTP/1.0\r\n\r\n");

  EXPECT_THAT(client.receive_all(), EndsWith("{\"status\":\"ok\"}\n"));
}

TEST_P(HttpSessionTest, AnswersBadRequestsAndCloses) {
  options_.header_bytes_max = 1024;
  options_.body_bytes_max = 100;
  const struct {
    std::string request;
    std::string_view status;
  } cases[] = {
      {"nonsense\r\n\r\n", "400 Bad Request"},
      {std::string("\0\1\2\r\n\r\n", 7), "400 Bad Request"},
      {"GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n",
       "431 Request Header Fields Too Large"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", "413 Content Too Large"},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400 Bad Request"},
  };
  for (const auto& c : cases) {
    RawClient client = connect();
    client.send(c.request);
    const std::string response = client.receive_all();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 " + std::string(c.status)));
    EXPECT_THAT(response, HasSubstr("{\"code\":" + std::string(c.status.substr(0, 3))));
    EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
  }
}

TEST_P(HttpSessionTest, ReadsBodiesBeforeItGoesOn) {
  RawClient client = connect();
  client.send("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  client.send(health);

  EXPECT_THAT(client.receive_response(), StartsWith("HTTP/1.1 405 Method Not Allowed"));
  EXPECT_THAT(client.receive_response(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_P(HttpSessionTest, RefusesTooManyConnections) {
  options_.connections_max = 1;
  RawClient first = connect();
  RawClient second = connect();

  EXPECT_THAT(second.receive_all(), StartsWith("HTTP/1.1 503 Service Unavailable"));
  first.send(health);
  EXPECT_THAT(first.receive_response(), StartsWith("HTTP/1.1 200 OK"));
  first.close();
  ASSERT_TRUE(eventually([&] { return counters_.connections == 0; }));
  RawClient third = connect();
  third.send(health);
  EXPECT_THAT(third.receive_response(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_P(HttpSessionTest, LimitsTheTimeOfARequest) {
  options_.request_timeout_ms = 100;
  RawClient idle = connect();
  RawClient slow = connect();
  slow.send("GET /health HTTP/1.1\r\nHo");

  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_THAT(slow.receive_all(), StartsWith("HTTP/1.1 408 Request Timeout"));
  EXPECT_TRUE(eventually([&] { return counters_.connections == 0; }));
}

// Answers when the test says so.
class SlowDemo : public DemoState {
 public:
  void read(std::function<void(std::optional<std::string>)> done) override {
    waiting.push_back(std::move(done));
  }
  std::vector<std::function<void(std::optional<std::string>)>> waiting;
};

TEST_P(HttpSessionTest, WaitsForResponsesThatComeLater) {
  options_.demo = true;
  SlowDemo demo;
  start(&demo);
  RawClient client = connect();
  client.send("GET /demo/state HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(health));
  ASSERT_TRUE(eventually([&] { return demo.waiting.size() == 1; }));

  on_loop([&] { demo.waiting[0](std::string("\xff")); });

  EXPECT_THAT(client.receive_response(), EndsWith("{\"size\":1000,\"bitmap\":\"/w==\"}"));
  EXPECT_THAT(client.receive_response(), EndsWith("{\"status\":\"ok\"}\n"));
}

TEST_P(HttpSessionTest, ForgetsAResponseWhoseClientIsGone) {
  options_.demo = true;
  SlowDemo demo;
  start(&demo);
  RawClient client = connect();
  client.send("GET /demo/state HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return demo.waiting.size() == 1; }));
  client.close();

  on_loop([&] { std::exchange(demo.waiting, {})[0](std::string("\xff")); });

  EXPECT_TRUE(eventually([&] { return counters_.connections == 0; }));
}

// Keeps every request waiting, and counts those that are given up.
class Waiting final : public HttpDoor {
 public:
  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront&,
                              const Respond& respond) override {
    if (request.path() != "/wait") return std::nullopt;
    responds.push_back(respond);
    return Deferred{[this] { ++abandoned; }};
  }
  std::vector<Respond> responds;
  int abandoned = 0;
};

TEST_P(HttpSessionTest, TellsWhenAClientGivesUp) {
  auto owned = std::make_unique<Waiting>();
  Waiting& door = *owned;
  router_.add(std::move(owned));
  RawClient client = connect();
  client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return door.responds.size() == 1; }));
  client.end_sending();
  EXPECT_TRUE(eventually([&] { return door.abandoned == 1; }));
  EXPECT_EQ(client.receive_all(), "");
  on_loop([&] { door.responds[0](HttpResponse()); });
  EXPECT_TRUE(eventually([&] { return counters_.connections == 0; }));
}

TEST_P(HttpSessionTest, DoesNotCallAnAnsweredRequestGivenUp) {
  auto owned = std::make_unique<Waiting>();
  Waiting& door = *owned;
  router_.add(std::move(owned));
  RawClient client = connect();
  client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(health));
  ASSERT_TRUE(eventually([&] { return door.responds.size() == 1; }));
  on_loop([&] { door.responds[0](http_error(404, "not here")); });
  EXPECT_THAT(client.receive_response(), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(client.receive_response(), StartsWith("HTTP/1.1 200 "));
  client.close();
  EXPECT_TRUE(eventually([&] { return counters_.connections == 0; }));
  EXPECT_EQ(on_loop([&] { return door.abandoned; }), 0);
}

TEST_P(HttpSessionTest, EndsIdleConnectionsWhenTheServerStops) {
  RawClient idle = connect();
  RawClient used = connect();
  used.send(health);
  used.receive_response();

  on_loop([&] { front_->begin_shutdown(); });

  EXPECT_EQ(idle.receive_all(), "");
  EXPECT_EQ(used.receive_all(), "");
  EXPECT_TRUE(eventually([&] { return counters_.connections == 0; }));
}

TEST_P(HttpSessionTest, SurvivesTheEndOfItsLoop) {
  RawClient client = connect();
  client.send("GET /health HTTP/1.1\r\nHo");

  stop();

  EXPECT_EQ(client.receive_all(), "");
}

TEST_P(HttpSessionTest, DoesNotUpgradeWhatIsNotAllowed) {
  RawClient client = connect();
  client.send("GET /rt HTTP/1.1\r\nOrigin: http://evil.example\r\n" + std::string(upgrade_lines));

  EXPECT_THAT(client.receive_response(), StartsWith("HTTP/1.1 403 Forbidden"));
  client.send(health);
  EXPECT_THAT(client.receive_response(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_P(HttpSessionTest, HandsOverWhatCameWithTheUpgrade) {
  RawClient client = connect();
  client.send("GET /echo HTTP/1.1\r\n" + std::string(upgrade_lines) + client_text("early"));

  EXPECT_THAT(client.receive_until("\r\n\r\n"), StartsWith("HTTP/1.1 101 Switching Protocols"));
  EXPECT_EQ(client.receive_text(), "early");
  EXPECT_EQ(on_loop([&] { return counters_.websockets.load(); }), 1u);
}

}  // namespace
}  // namespace duplex::ws
