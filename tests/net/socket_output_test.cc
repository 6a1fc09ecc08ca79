// Output: slow readers, order with shared messages, holding back, and being told of room.
#include "base/random.h"
#include "net/loop_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace duplex::net {
namespace {

class SocketOutputTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  struct Connection {
    Socket& socket;
    Peer peer;
  };
  Connection connect(std::unique_ptr<FunctionHandler> handler) {
    Pair pair = tcp_pair();
    Socket& socket = thread.add(std::move(pair.server), std::move(handler));
    return {socket, Peer(std::move(pair.peer))};
  }

  LoopThread thread{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Net, SocketOutputTest, both_backends(), backend_name);

// Bytes whose place can be recognised.
std::string pattern(std::size_t bytes, std::uint64_t seed) {
  base::Random random(seed);
  std::string text(bytes, '\0');
  for (char& c : text)
    c = static_cast<char>(random.next());
  return text;
}

TEST_P(SocketOutputTest, ASlowReaderGetsEverythingWhileOthersAreServed) {
  const std::string large = pattern(14'200'000, 1);
  auto slow_handler = std::make_unique<FunctionHandler>();
  slow_handler->data = [&](Socket& socket, std::span<const char>) {
    socket.out().append(large);
    socket.mark_dirty();
  };
  Connection slow = connect(std::move(slow_handler));
  auto quick_handler = std::make_unique<FunctionHandler>();
  quick_handler->data = echo;
  Connection quick = connect(std::move(quick_handler));

  slow.peer.send("give");
  for (int i = 0; i < 100; ++i) {
    quick.peer.send("ping");
    ASSERT_EQ(quick.peer.receive(4), "ping");
  }
  EXPECT_GT(thread.value_of<std::size_t>([&] { return slow.socket.pending_output_bytes(); }), 0u);

  std::string received;
  while (received.size() < large.size()) {
    received += slow.peer.receive(std::min<std::size_t>(500'000, large.size() - received.size()));
    quick.peer.send("ping");
    ASSERT_EQ(quick.peer.receive(4), "ping");
  }
  EXPECT_TRUE(received == large);
  thread.finish_pass();
  EXPECT_EQ(thread.value_of<std::size_t>([&] { return slow.socket.pending_output_bytes(); }), 0u);
}

TEST_P(SocketOutputTest, EchoesMegabytesInBothDirectionsAtOnce) {
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = echo;
  Connection connection = connect(std::move(handler));
  const std::string sent = pattern(5'000'000, 2);

  std::thread sender([&] { connection.peer.send(sent); });
  const std::string received = connection.peer.receive(sent.size());
  sender.join();

  EXPECT_TRUE(received == sent);
}

TEST_P(SocketOutputTest, SharedMessagesKeepTheirPlace) {
  Connection connection = connect(std::make_unique<FunctionHandler>());
  base::Random random(3);
  std::string expected;

  thread.run([&] {
    for (int i = 0; i < 500; ++i) {
      const std::string own = pattern(random.below(200), random.next());
      const auto shared =
          std::make_shared<const std::string>(pattern(random.below(6000), random.next()));
      connection.socket.out().append(own);
      connection.socket.append_shared(shared);
      expected += own + *shared;
    }
    connection.socket.mark_dirty();
  });

  EXPECT_TRUE(connection.peer.receive(expected.size()) == expected);
}

TEST_P(SocketOutputTest, SharesAMessageAmongManyReceiversAndFreesIt) {
  constexpr std::size_t receivers = 600;  // more than one submit may carry
  std::vector<Connection> connections;
  for (std::size_t i = 0; i < receivers; ++i)
    connections.push_back(connect(std::make_unique<FunctionHandler>()));
  auto message = std::make_shared<const std::string>(pattern(5000, 4));

  thread.run([&] {
    for (Connection& connection : connections) {
      connection.socket.append_shared(message);
      connection.socket.mark_dirty();
      connection.socket.mark_dirty();
    }
  });

  for (Connection& connection : connections)
    ASSERT_TRUE(connection.peer.receive(5000) == *message);
  thread.finish_pass();
  thread.run([&] { EXPECT_EQ(message.use_count(), 1); });
}

TEST_P(SocketOutputTest, SendsADirtySocketOncePerPass) {
  Connection connection = connect(std::make_unique<FunctionHandler>());
  thread.run([&] {
    for (int i = 0; i < 1000; ++i) {
      connection.socket.out().append("+OK\r\n");
      connection.socket.mark_dirty();
    }
  });
  EXPECT_EQ(connection.peer.receive(5000).size(), 5000u);
}

TEST_P(SocketOutputTest, NothingLeavesWhileHeld) {
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [](Socket& socket, std::span<const char> bytes) {
    socket.hold(true);
    echo(socket, bytes);
  };
  Connection connection = connect(std::move(handler));

  connection.peer.send("gated");
  while (thread.value_of<std::size_t>([&] { return connection.socket.pending_output_bytes(); }) < 5)
    thread.finish_pass();
  thread.finish_pass();
  char byte;
  EXPECT_LT(::recv(connection.peer.fd(), &byte, 1, MSG_DONTWAIT), 0);

  thread.run([&] { connection.socket.hold(false); });
  EXPECT_EQ(connection.peer.receive(5), "gated");
}

// What is appended while an earlier send waits for room must obey the gate.
TEST_P(SocketOutputTest, HoldsBackWhatFollowsAnUnfinishedSend) {
  Connection connection = connect(std::make_unique<FunctionHandler>());
  const std::string large = pattern(8'000'000, 5);
  thread.run([&] {
    connection.socket.out().append(large);
    connection.socket.mark_dirty();
  });
  thread.finish_pass();
  thread.run([&] {
    connection.socket.hold(true);
    connection.socket.out().append("gated");
    connection.socket.mark_dirty();
  });
  thread.finish_pass();
  thread.run([&] { connection.socket.hold(false); });

  EXPECT_TRUE(connection.peer.receive(large.size()) == large);
  EXPECT_EQ(connection.peer.receive(5), "gated");
}

TEST_P(SocketOutputTest, TellsOnceWhenTheQueueIsDrained) {
  int calls = 0;
  std::size_t pending = 0;
  Awaited<bool> drained;
  auto handler = std::make_unique<FunctionHandler>();
  handler->drained = [&](Socket& socket) {
    ++calls;
    pending = socket.pending_output_bytes();
    drained.set(true);
  };
  Connection connection = connect(std::move(handler));

  thread.run([&] {
    connection.socket.out().append(std::string(8'000'000, 'x'));
    connection.socket.mark_dirty();
    connection.socket.notify_when_drained(100'000);
  });
  connection.peer.receive(8'000'000);
  drained.wait();
  thread.finish_pass();

  EXPECT_EQ(thread.value_of<int>([&] { return calls; }), 1);
  EXPECT_LE(pending, 100'000u);
}

TEST_P(SocketOutputTest, TellsOfAQueueThatNeverWasFull) {
  Awaited<bool> drained;
  auto handler = std::make_unique<FunctionHandler>();
  handler->drained = [&](Socket&) { drained.set(true); };
  Connection connection = connect(std::move(handler));

  // Sent at once: no completion would wake the loop by itself.
  thread.run([&] {
    connection.socket.out().append("small");
    connection.socket.mark_dirty();
    connection.socket.notify_when_drained(0);
  });

  EXPECT_EQ(drained.wait(), true);
}

}  // namespace
}  // namespace duplex::net
