// Connections whose request is answered on another loop than they came to.
#include "ws/front_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace duplex::ws {
namespace {

// Says on which loop a request is answered; "/0" and "/1" name the loop.
class LoopDoor final : public HttpDoor {
 public:
  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond&) override {
    if (request.path() == "/far") return http_error(404, "not here");
    const std::size_t wanted = request.path() == "/1" ? 1 : 0;
    if (front.loop().index() != wanted) return MoveTo{wanted};
    HttpResponse response;
    response.body = fmt::format(
        "{} {} {} {}", request.method, front.loop().index(), request.body, request.field("X-Mark"));
    return response;
  }
};

class MoveTest : public ::testing::TestWithParam<net::BackendChoice> {
 protected:
  MoveTest() : hub_(2) {
    router_.add(std::make_unique<LoopDoor>());
    for (std::size_t i = 0; i < 2; ++i) {
      loops_.push_back(std::make_unique<net::EventLoop>(
          net::EventLoop::Options{.index = i, .backend = GetParam()}));
      subscribers_.push_back(std::make_unique<pubsub::LoopSubscribers>(hub_, i));
      fronts_.push_back(std::make_unique<HttpFront>(FrontParts{.loop = *loops_[i],
                                                               .subscribers = *subscribers_[i],
                                                               .commands = commands_,
                                                               .presence = presence_,
                                                               .live_keys = channels_,
                                                               .authority = authority_,
                                                               .options = options_,
                                                               .router = router_,
                                                               .counters = counters_,
                                                               .fronts = &fronts_}));
    }
    for (auto& loop : loops_)
      threads_.emplace_back([&loop] { loop->run(); });
  }
  ~MoveTest() override {
    for (auto& loop : loops_)
      loop->stop();
    for (std::thread& thread : threads_)
      thread.join();
    fronts_.clear();
  }

  RawClient connect() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    loops_[0]->post([this, fd = ends[1]] { fronts_[0]->accept(net::Descriptor(fd), nullptr); });
    return RawClient(ends[0]);
  }

  pubsub::Hub hub_;
  pubsub::LoopSubscribers own_subscribers_{hub_, 0};
  FakeCommands commands_{own_subscribers_};
  realtime::Presence presence_;
  realtime::ChannelState channels_{{}, 0, false};
  realtime::Authority authority_;
  Options options_;
  Counters counters_;
  HttpRouter router_;
  std::vector<std::unique_ptr<net::EventLoop>> loops_;
  std::vector<std::unique_ptr<pubsub::LoopSubscribers>> subscribers_;
  std::vector<std::unique_ptr<HttpFront>> fronts_;
  std::vector<std::thread> threads_;
};

INSTANTIATE_TEST_SUITE_P(Backends,
                         MoveTest,
                         ::testing::Values(net::BackendChoice::uring, net::BackendChoice::epoll),
                         backend_name);

TEST_P(MoveTest, AnswersWhereTheRequestBelongs) {
  RawClient client = connect();
  for (const std::string target : {"1", "1", "0", "1", "0", "0"}) {
    client.send("POST /" + target + " HTTP/1.1\r\nHost: x\r\nX-Mark: m" + target +
                "\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_TRUE(client.receive_response().ends_with("\r\n\r\nPOST " + target + " body m" + target));
  }
  EXPECT_EQ(counters_.connections.load(), 1u);
}

TEST_P(MoveTest, KeepsTheOrderOfPipelinedRequests) {
  RawClient client = connect();
  std::string requests;
  for (int i = 0; i < 20; ++i)
    requests += fmt::format("GET /{} HTTP/1.1\r\nHost: x\r\nX-Mark: {}\r\n\r\n", i % 2, i);
  client.send(requests);

  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(client.receive_response().ends_with(fmt::format("GET {}  {}", i % 2, i)));
}

TEST_P(MoveTest, ForgetsAClientThatLeavesOnTheWay) {
  for (int i = 0; i < 50; ++i) {
    RawClient client = connect();
    client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  RawClient last = connect();
  last.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(last.receive_response().ends_with("GET 1  "));
  last.close();
  for (int i = 0; i < 1000 && counters_.connections.load() != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(counters_.connections.load(), 0u);
}

}  // namespace
}  // namespace duplex::ws
