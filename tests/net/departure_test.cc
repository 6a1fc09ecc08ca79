// Connections that go from one loop to another, with and without TLS.
#include "net/departure.h"

#include "net/loop_fixture.h"
#include "net/tls_fixture.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace duplex::net {
namespace {

class DepartureTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  // Takes the socket off the first loop; its handler is freed.
  std::optional<Departed> depart(Socket& socket, FunctionHandler* handler) {
    auto gone = std::make_shared<Awaited<bool>>();
    auto departed = std::make_shared<std::optional<Departed>>();
    first.run([&] {
      socket.depart([gone, departed](std::optional<Departed> result) {
        *departed = std::move(result);
        gone->set(true);
      });
    });
    EXPECT_TRUE(gone->wait());
    first.run([&] { delete handler; });
    return std::move(*departed);
  }
  // Gives the connection to the second loop, where it is echoed with a mark.
  void arrive(Departed departed) {
    second.run([&] {
      auto handler = std::make_unique<FunctionHandler>();
      handler->data = [](Socket& s, std::span<const char> bytes) {
        s.out().append("2:");
        s.out().append({bytes.data(), bytes.size()});
        s.mark_dirty();
      };
      FunctionHandler* raw = handler.release();
      raw->socket = &second.loop().add_socket(std::move(departed), *raw);
    });
  }

  LoopThread first{GetParam()};
  LoopThread second{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Net, DepartureTest, both_backends(), backend_name);

TEST_P(DepartureTest, GoesOnElsewhere) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  auto handler = std::make_unique<FunctionHandler>();
  FunctionHandler* raw = handler.get();
  handler->data = echo;
  Socket& socket = first.add(std::move(pair.server), std::move(handler));
  peer.send("one");
  ASSERT_EQ(peer.receive(3), "one");

  auto departed = depart(socket, raw);
  ASSERT_TRUE(departed);
  peer.send("two");
  arrive(std::move(*departed));

  EXPECT_EQ(peer.receive(5), "2:two");
  peer.send("three");
  EXPECT_EQ(peer.receive(7), "2:three");
  first.finish_pass();
  first.finish_pass();
  EXPECT_EQ(first.loop().statistics().sockets, 0u);
  EXPECT_EQ(second.loop().statistics().sockets, 1u);
  peer.shut_down_sending();
  EXPECT_EQ(peer.end(), 0);
}

TEST_P(DepartureTest, TakesAlongWhatNobodyHasRead) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  auto handler = std::make_unique<FunctionHandler>();
  FunctionHandler* raw = handler.get();
  Awaited<bool> paused;
  handler->data = [&](Socket& s, std::span<const char> bytes) {
    s.pause_receive();
    s.unread(bytes);
    paused.set(true);
  };
  Socket& socket = first.add(std::move(pair.server), std::move(handler));
  peer.send("kept");
  ASSERT_TRUE(paused.wait());

  auto departed = depart(socket, raw);
  ASSERT_TRUE(departed);
  EXPECT_EQ(departed->input, "kept");
  arrive(std::move(*departed));

  EXPECT_EQ(peer.receive(6), "2:kept");
}

TEST_P(DepartureTest, SendsWhatIsQueuedFirst) {
  constexpr std::size_t bytes = 5'000'000;
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  auto handler = std::make_unique<FunctionHandler>();
  FunctionHandler* raw = handler.get();
  Socket& socket = first.add(std::move(pair.server), std::move(handler));
  auto departed = std::make_shared<Awaited<bool>>();
  auto connection = std::make_shared<std::optional<Departed>>();
  first.run([&] {
    socket.out().append(std::string(bytes, 'x'));
    socket.mark_dirty();
    socket.depart([=](std::optional<Departed> result) {
      *connection = std::move(result);
      departed->set(true);
    });
  });

  EXPECT_EQ(peer.receive(bytes), std::string(bytes, 'x'));
  ASSERT_TRUE(departed->wait());
  first.run([&] { delete raw; });
  ASSERT_TRUE(*connection);
  arrive(std::move(**connection));
  peer.send("y");
  EXPECT_EQ(peer.receive(3), "2:y");
}

TEST_P(DepartureTest, TellsThatThePeerIsGone) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  auto handler = std::make_unique<FunctionHandler>();
  FunctionHandler* raw = handler.get();
  Socket& socket = first.add(std::move(pair.server), std::move(handler));
  auto departed = std::make_shared<Awaited<bool>>();
  first.run([&] {
    socket.out().append(std::string(50'000'000, 'x'));
    socket.mark_dirty();
    socket.depart([=](std::optional<Departed> result) { departed->set(result.has_value()); });
  });
  peer.reset();

  EXPECT_EQ(departed->wait(), false);
  first.run([&] { delete raw; });
}

TEST_P(DepartureTest, KeepsItsTlsSession) {
  const std::shared_ptr<const TlsContext> context = context_of(certificates().options());
  Pair pair = tcp_pair();
  auto handler = std::make_unique<FunctionHandler>();
  FunctionHandler* raw = handler.get();
  handler->data = echo;
  Socket& socket = first.add(std::move(pair.server), std::move(handler), context.get());
  SealedPeer peer(std::move(pair.peer));
  ASSERT_TRUE(peer.shake());
  peer.send("one");
  ASSERT_EQ(peer.receive(3), "one");

  auto departed = depart(socket, raw);
  ASSERT_TRUE(departed);
  peer.send("two");
  arrive(std::move(*departed));

  EXPECT_EQ(peer.receive(5), "2:two");
  peer.send("three");
  EXPECT_EQ(peer.receive(7), "2:three");
}

}  // namespace
}  // namespace duplex::net
