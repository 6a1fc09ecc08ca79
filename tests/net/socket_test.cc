// Input, back-pressure, handing over and every way in which a connection ends.
#include "net/socket.h"

#include "net/loop_fixture.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace duplex::net {
namespace {

class SocketTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  LoopThread thread{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Net, SocketTest, both_backends(), backend_name);

std::string text_of(std::span<const char> bytes) {
  return {bytes.data(), bytes.size()};
}

TEST_P(SocketTest, EchoesToManyConnections) {
  constexpr int connections = 300;
  std::vector<Peer> peers;
  for (int i = 0; i < connections; ++i) {
    Pair pair = i % 2 == 0 ? unix_pair() : tcp_pair();
    auto handler = std::make_unique<FunctionHandler>();
    handler->data = echo;
    thread.add(std::move(pair.server), std::move(handler));
    peers.emplace_back(std::move(pair.peer));
  }
  for (int round = 0; round < 5; ++round) {
    for (Peer& peer : peers)
      peer.send("message " + std::to_string(round));
    for (Peer& peer : peers)
      ASSERT_EQ(peer.receive(9), "message " + std::to_string(round));
  }
}

// More readable sockets than receive buffers: those left over are read in a later pass.
TEST_P(SocketTest, ReadsMoreSocketsAtOnceThanThereAreBuffers) {
  constexpr int connections = 700;
  const std::string message(3000, 'm');
  std::vector<Peer> peers;
  for (int i = 0; i < connections; ++i) {
    Pair pair = unix_pair();
    auto handler = std::make_unique<FunctionHandler>();
    handler->data = echo;
    thread.add(std::move(pair.server), std::move(handler));
    peers.emplace_back(std::move(pair.peer));
  }
  thread.finish_pass();

  // The loop is kept busy until all of them are readable.
  Awaited<bool> all_sent;
  thread.loop().post([&] { all_sent.wait(); });
  for (Peer& peer : peers)
    peer.send(message);
  all_sent.set(true);

  for (Peer& peer : peers)
    ASSERT_EQ(peer.receive(message.size()), message);
}

TEST_P(SocketTest, DeliversBytesThatComeOneByOne) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  std::string received;
  Awaited<bool> complete;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [&](Socket&, std::span<const char> bytes) {
    received += text_of(bytes);
    if (received.size() == 200) complete.set(true);
  };
  thread.add(std::move(pair.server), std::move(handler));

  for (int i = 0; i < 200; ++i)
    peer.send(std::string(1, static_cast<char>('a' + i % 26)));
  complete.wait();

  for (std::size_t i = 0; i < 200; ++i)
    ASSERT_EQ(received[i], static_cast<char>('a' + i % 26));
}

TEST_P(SocketTest, PausingKeepsInputBackAndInOrder) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  std::string received;
  bool while_paused = false;
  Awaited<bool> first;
  Awaited<bool> complete;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [&](Socket& socket, std::span<const char> bytes) {
    while_paused |= socket.is_paused();
    received += text_of(bytes);
    if (received.size() == 300'000) complete.set(true);
    if (received.find('b') == std::string::npos && !socket.is_paused()) {
      socket.pause_receive();
      first.set(true);
    }
  };
  Socket& socket = thread.add(std::move(pair.server), std::move(handler));

  peer.send("a");
  first.wait();
  std::thread sender([&] { peer.send(std::string(299'999, 'b')); });
  for (int i = 0; i < 20; ++i)
    thread.finish_pass();
  thread.run([&] { EXPECT_EQ(received, "a"); });
  thread.run([&] { socket.resume_receive(); });
  complete.wait();
  sender.join();
  thread.stop();

  EXPECT_FALSE(while_paused);
  EXPECT_EQ(received, "a" + std::string(299'999, 'b'));
}

TEST_P(SocketTest, PausingAndResumingInOnePassLosesNothing) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [](Socket& socket, std::span<const char> bytes) {
    socket.pause_receive();
    socket.resume_receive();
    socket.pause_receive();
    socket.resume_receive();
    echo(socket, bytes);
  };
  thread.add(std::move(pair.server), std::move(handler));

  for (int i = 0; i < 200; ++i) {
    const std::string message = "message " + std::to_string(i);
    peer.send(message);
    ASSERT_EQ(peer.receive(message.size()), message);
  }
}

TEST_P(SocketTest, UnreadBytesComeAgainBeforeNewOnes) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  auto second = std::make_unique<FunctionHandler>();
  std::string received;
  Awaited<bool> complete;
  second->data = [&](Socket&, std::span<const char> bytes) {
    received += text_of(bytes);
    if (received.size() == 10) complete.set(true);
  };
  bool first_closed = false;
  FunctionHandler first;
  first.closed = [&](Socket&, CloseReason) { first_closed = true; };
  first.data = [&](Socket& socket, std::span<const char> bytes) {
    FunctionHandler& successor = *second.release();
    successor.socket = &socket;
    socket.unread(bytes.subspan(2));
    socket.set_handler(successor);
  };
  thread.run([&] { first.socket = &thread.loop().add_socket(std::move(pair.server), first); });

  peer.send("1234567");
  thread.finish_pass();
  peer.send("89abc");
  complete.wait();
  thread.stop();

  EXPECT_EQ(received, "3456789abc");
  EXPECT_FALSE(first_closed);
}

TEST_P(SocketTest, TellsTheSuccessorOfAnEndThatWasToldBefore) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  Awaited<bool> first_told;
  Awaited<bool> second_told;
  FunctionHandler first;
  first.end = [&](Socket&) {
    first_told.set(true);
    return true;
  };
  thread.run([&] { first.socket = &thread.loop().add_socket(std::move(pair.server), first); });
  peer.shut_down_sending();
  first_told.wait();

  thread.run([&] {
    auto* second = new FunctionHandler;
    second->socket = first.socket;
    second->end = [&](Socket&) {
      second_told.set(true);
      return false;
    };
    first.socket->set_handler(*second);
  });

  EXPECT_EQ(second_told.wait(), true);
}

// printf 'PING\r\n' | nc: the reply must still reach a peer that has shut down its sending side.
TEST_P(SocketTest, AnswersAHalfClosedPeerBeforeClosing) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  Awaited<CloseReason> reason;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = echo;
  handler->closed = [&](Socket&, CloseReason why) { reason.set(why); };
  const std::string message(100'000, 'm');
  std::thread sender([&] {
    peer.send(message);
    peer.shut_down_sending();
  });
  thread.add(std::move(pair.server), std::move(handler));

  EXPECT_EQ(peer.receive_all(), message);
  sender.join();
  EXPECT_EQ(reason.wait(), CloseReason::peer_closed);
}

TEST_P(SocketTest, MayGoOnSendingAfterTheEndOfInput) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  Awaited<bool> ended;
  auto handler = std::make_unique<FunctionHandler>();
  handler->end = [&](Socket&) {
    ended.set(true);
    return true;
  };
  Socket& socket = thread.add(std::move(pair.server), std::move(handler));

  peer.shut_down_sending();
  ended.wait();
  thread.run([&] {
    socket.out().append("afterwards");
    socket.close_after_flush();
  });

  EXPECT_EQ(peer.receive_all(), "afterwards");
}

TEST_P(SocketTest, ReportsAResetOnce) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  Awaited<CloseReason> reason;
  int error = 0;
  int calls = 0;
  auto handler = std::make_unique<FunctionHandler>();
  handler->closed = [&](Socket& socket, CloseReason why) {
    ++calls;
    error = socket.error();
    reason.set(why);
  };
  thread.add(std::move(pair.server), std::move(handler));

  peer.reset();

  EXPECT_EQ(reason.wait(), CloseReason::lost);
  thread.stop();
  EXPECT_EQ(error, ECONNRESET);
  EXPECT_EQ(calls, 1);
}

TEST_P(SocketTest, ReportsAResetWhileOutputWaits) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  Awaited<CloseReason> reason;
  auto handler = std::make_unique<FunctionHandler>();
  handler->closed = [&](Socket&, CloseReason why) { reason.set(why); };
  Socket& socket = thread.add(std::move(pair.server), std::move(handler));
  thread.run([&] {
    socket.out().append(std::string(20'000'000, 'x'));
    socket.mark_dirty();
  });
  peer.receive(1000);

  peer.reset();

  EXPECT_EQ(reason.wait(), CloseReason::lost);
}

TEST_P(SocketTest, ClosingFromOnDataIsToldAfterTheCall) {
  Pair pair = unix_pair();
  Peer peer(std::move(pair.peer));
  bool inside = false;
  bool told_inside = false;
  int calls_after_close = 0;
  Awaited<CloseReason> reason;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [&](Socket& socket, std::span<const char>) {
    if (socket.is_closing()) ++calls_after_close;
    inside = true;
    socket.close_now();
    socket.close_now();
    socket.close_after_flush();
    inside = false;
  };
  handler->closed = [&](Socket&, CloseReason why) {
    told_inside = inside;
    reason.set(why);
  };
  thread.add(std::move(pair.server), std::move(handler));

  peer.send("x");

  EXPECT_EQ(reason.wait(), CloseReason::closed_here);
  EXPECT_FALSE(told_inside);
  EXPECT_EQ(calls_after_close, 0);
  peer.end();
}

TEST_P(SocketTest, ClosesInEveryStateOfTheQueue) {
  enum State { empty, queued, dirty, held, congested, paused, ended };
  for (const State state : {empty, queued, dirty, held, congested, paused, ended}) {
    for (const bool after_flush : {false, true}) {
      Pair pair = tcp_pair();
      Peer peer(std::move(pair.peer));
      Awaited<CloseReason> reason;
      auto handler = std::make_unique<FunctionHandler>();
      handler->end = [](Socket&) { return true; };
      handler->closed = [&](Socket&, CloseReason why) { reason.set(why); };
      Socket& socket = thread.add(std::move(pair.server), std::move(handler));
      const std::size_t bytes = state == congested ? 8'000'000 : state == empty ? 0 : 100;
      if (state == ended) peer.shut_down_sending();
      thread.run([&] {
        socket.out().append(std::string(bytes, 'x'));
        if (state == paused) socket.pause_receive();
        if (state == held) socket.hold(true);
        if (state != queued && state != empty) socket.mark_dirty();
      });
      if (state == congested) peer.receive(1000);
      thread.run([&] {
        if (after_flush)
          socket.close_after_flush();
        else
          socket.close_now();
      });
      if (state == held && after_flush) {
        thread.finish_pass();
        thread.run([&] { socket.hold(false); });
      }
      const std::string rest = peer.receive_all();
      if (after_flush) {
        EXPECT_EQ(rest.size() + (state == congested ? 1000 : 0), bytes) << state;
      }
      EXPECT_EQ(reason.wait(), CloseReason::closed_here) << state;
    }
  }
  thread.finish_pass();
  EXPECT_EQ(thread.value_of<std::size_t>([&] { return thread.loop().socket_count(); }), 0u);
}

TEST_P(SocketTest, OnClosedMayCloseOthers) {
  std::vector<Peer> peers;
  std::vector<Socket*> sockets;
  int closed = 0;
  for (int i = 0; i < 10; ++i) {
    Pair pair = unix_pair();
    peers.emplace_back(std::move(pair.peer));
    auto handler = std::make_unique<FunctionHandler>();
    handler->closed = [&](Socket&, CloseReason) {
      if (closed++ != 0) return;
      for (Socket* socket : sockets)
        socket->close_now();
    };
    sockets.push_back(&thread.add(std::move(pair.server), std::move(handler)));
  }

  thread.run([&] { sockets[3]->close_now(); });
  for (Peer& peer : peers)
    EXPECT_EQ(peer.end(), 0);

  thread.finish_pass();
  EXPECT_EQ(thread.value_of<int>([&] { return closed; }), 10);
}

TEST_P(SocketTest, EndsItsSideAndGoesOnReceiving) {
  Pair pair = tcp_pair();
  Peer peer(std::move(pair.peer));
  std::string received;
  Awaited<bool> complete;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [&](Socket&, std::span<const char> bytes) { received += text_of(bytes); };
  handler->closed = [&](Socket&, CloseReason) { complete.set(true); };
  Socket& socket = thread.add(std::move(pair.server), std::move(handler));

  thread.run([&] {
    socket.out().append("bye");
    socket.shutdown_after_flush();
  });
  EXPECT_EQ(peer.receive_all(), "bye");
  peer.send("heard you");
  peer.close();
  complete.wait();

  EXPECT_EQ(received, "heard you");
}

TEST_P(SocketTest, PrintsAddressesAsRedisDoes) {
  Pair pair = tcp_pair();
  Socket& socket = thread.add(std::move(pair.server), std::make_unique<FunctionHandler>());
  thread.run([&] {
    EXPECT_TRUE(socket.peer_address().starts_with("127.0.0.1:"));
    EXPECT_TRUE(socket.local_address().starts_with("127.0.0.1:"));
    EXPECT_NE(socket.peer_address(), socket.local_address());
    EXPECT_FALSE(socket.is_unix());
  });
}

}  // namespace
}  // namespace duplex::net
