// Sockets under TLS: what their handlers are promised holds as it does in plain text.
#include "net/loop_fixture.h"
#include "net/tls_channel.h"
#include "net/tls_fixture.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace duplex::net {
namespace {

class TlsSocketTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  SealedPeer connect(std::unique_ptr<FunctionHandler> handler, int version = TLS1_3_VERSION) {
    Pair pair = tcp_pair();
    handler->closed = [this, tell = std::move(handler->closed)](Socket& s, CloseReason reason) {
      if (tell) tell(s, reason);
      closed.set(reason);
    };
    socket = &thread.add(std::move(pair.server), std::move(handler), context.get());
    return SealedPeer(std::move(pair.peer), version);
  }
  std::unique_ptr<FunctionHandler> echoing() {
    auto handler = std::make_unique<FunctionHandler>();
    handler->data = echo;
    return handler;
  }
  LoopStatistics statistics() { return thread.loop().statistics(); }

  std::shared_ptr<const TlsContext> context = context_of(certificates().options());
  Awaited<CloseReason> closed;
  Socket* socket = nullptr;
  LoopThread thread{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Net, TlsSocketTest, both_backends(), backend_name);

TEST_P(TlsSocketTest, Echoes) {
  SealedPeer peer = connect(echoing());
  peer.shake();
  for (int i = 0; i < 100; ++i) {
    const std::string text = "message " + std::to_string(i);
    peer.send(text);
    ASSERT_EQ(peer.receive(text.size()), text);
  }
  EXPECT_EQ(statistics().tls_handshakes, 1u);
  EXPECT_EQ(statistics().tls_handshakes_failed, 0u);
}

TEST_P(TlsSocketTest, EchoesUnderTls12) {
  SealedPeer peer = connect(echoing(), TLS1_2_VERSION);
  peer.shake();
  peer.send("hello");
  EXPECT_EQ(peer.receive(5), "hello");
}

TEST_P(TlsSocketTest, SendsALongReplyToASlowReader) {
  constexpr std::size_t long_bytes = 20'000'000;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [](Socket& s, std::span<const char>) {
    s.out().append(std::string(long_bytes, 'a'));
    s.append_shared(std::make_shared<const std::string>(100'000, 'b'));
    s.out().append("c");
    s.mark_dirty();
  };
  SealedPeer peer = connect(std::move(handler));
  peer.shake();
  peer.send("go");
  // The peer does not read: most of it waits here, and is counted.
  while (thread.value_of<std::size_t>([&] { return socket->pending_output_bytes(); }) == 0)
    thread.finish_pass();
  thread.finish_pass();
  EXPECT_GT(thread.value_of<std::size_t>([&] { return socket->pending_output_bytes(); }),
            long_bytes / 4);
  const std::string expected = std::string(long_bytes, 'a') + std::string(100'000, 'b') + "c";
  EXPECT_TRUE(peer.receive(expected.size()) == expected);
}

TEST_P(TlsSocketTest, TellsWhenTheQueueIsDrained) {
  Awaited<bool> drained;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [](Socket& s, std::span<const char>) {
    s.out().append(std::string(8'000'000, 'a'));
    s.mark_dirty();
    s.notify_when_drained(1000);
  };
  handler->drained = [&](Socket& s) { drained.set(s.pending_output_bytes() <= 1000); };
  SealedPeer peer = connect(std::move(handler));
  peer.shake();
  peer.send("go");
  EXPECT_EQ(peer.receive(8'000'000).size(), 8'000'000u);
  EXPECT_EQ(drained.wait(), true);
}

TEST_P(TlsSocketTest, SaysGoodbyeBehindTheLastWords) {
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [](Socket& s, std::span<const char>) {
    s.out().append(std::string(1'000'000, 'z'));
    s.mark_dirty();
    s.close_after_flush();
  };
  SealedPeer peer = connect(std::move(handler));
  peer.shake();
  peer.send("bye");
  EXPECT_EQ(peer.receive_all().size(), 1'000'000u);
  EXPECT_TRUE(peer.client().has_goodbye());
  EXPECT_EQ(closed.wait(), CloseReason::closed_here);
}

TEST_P(TlsSocketTest, EndsItsSideAndGoesOnReading) {
  Awaited<std::string> rest;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [&, first = true](Socket& s, std::span<const char> bytes) mutable {
    if (!first) return rest.set({bytes.data(), bytes.size()});
    first = false;
    s.out().append("last words");
    s.shutdown_after_flush();
  };
  SealedPeer peer = connect(std::move(handler));
  peer.shake();
  peer.send("one");
  EXPECT_EQ(peer.receive_all(), "last words");
  EXPECT_TRUE(peer.client().has_goodbye());
  peer.send("two");
  EXPECT_EQ(rest.wait(), "two");
}

TEST_P(TlsSocketTest, AnswersWhoHasSaidGoodbye) {
  SealedPeer peer = connect(echoing());
  peer.shake();
  peer.client().write("last request");
  peer.say_goodbye();
  EXPECT_EQ(peer.receive_all(), "last request");
  EXPECT_EQ(closed.wait(), CloseReason::peer_closed);
}

TEST_P(TlsSocketTest, AnswersWhoHasShutItsSideWithoutAWord) {
  SealedPeer peer = connect(echoing());
  peer.shake();
  peer.send("last request");
  peer.wire().shut_down_sending();
  EXPECT_EQ(peer.receive_all(), "last request");
  EXPECT_EQ(closed.wait(), CloseReason::peer_closed);
}

TEST_P(TlsSocketTest, TellsTheEndOfInputOnce) {
  std::atomic<int> ends = 0;
  auto handler = echoing();
  handler->end = [&](Socket&) {
    ++ends;
    return true;
  };
  SealedPeer peer = connect(std::move(handler));
  peer.shake();
  peer.say_goodbye();
  peer.wire().shut_down_sending();
  while (ends == 0)
    thread.finish_pass();
  thread.run([&] {
    socket->out().append("still here");
    socket->mark_dirty();
  });
  EXPECT_EQ(peer.receive(10), "still here");
  thread.run([&] { socket->close_after_flush(); });
  EXPECT_EQ(closed.wait(), CloseReason::closed_here);
  EXPECT_EQ(ends, 1);
}

TEST_P(TlsSocketTest, KeepsInputWhilePaused) {
  std::string received;
  auto handler = std::make_unique<FunctionHandler>();
  handler->data = [&](Socket& s, std::span<const char> bytes) {
    received.append(bytes.data(), bytes.size());
    if (received.size() == 3) s.pause_receive();
    if (received.size() == 40'003) {
      s.out().append("ok");
      s.mark_dirty();
    }
  };
  SealedPeer peer = connect(std::move(handler));
  peer.shake();
  peer.send("one");
  peer.send(std::string(40'000, '2'));
  while (!thread.value_of<bool>([&] { return socket->is_paused(); }))
    thread.finish_pass();
  EXPECT_EQ(thread.value_of<std::size_t>([&] { return received.size(); }), 3u);
  thread.run([&] { socket->resume_receive(); });
  EXPECT_EQ(peer.receive(2), "ok");
  EXPECT_TRUE(received == "one" + std::string(40'000, '2'));
}

TEST_P(TlsSocketTest, LastWordsWaitForTheHandshake) {
  Pair pair = tcp_pair();
  auto handler = echoing();
  handler->closed = [this](Socket&, CloseReason reason) { closed.set(reason); };
  thread.run([&] {
    FunctionHandler& owned = *handler.release();
    owned.socket = &thread.loop().add_socket(std::move(pair.server), owned, context.get());
    owned.socket->out().append("not now");
    owned.socket->mark_dirty();
    owned.socket->close_after_flush();
  });
  SealedPeer peer(std::move(pair.peer));
  peer.shake();
  EXPECT_EQ(peer.receive_all(), "not now");
  EXPECT_TRUE(peer.client().has_goodbye());
  EXPECT_EQ(closed.wait(), CloseReason::closed_here);
}

TEST_P(TlsSocketTest, EndsPlainTextWithAnAlertAndCountsIt) {
  SealedPeer peer = connect(echoing());
  peer.wire().send("PING\r\n");
  const std::string answer = peer.wire().receive_all();
  EXPECT_TRUE(answer.empty() || answer.front() == '\x15') << answer.size();
  EXPECT_EQ(closed.wait(), CloseReason::lost);
  EXPECT_EQ(statistics().tls_handshakes_failed, 1u);
}

TEST_P(TlsSocketTest, GivesUpHandshakesThatTakeTooLong) {
  TlsOptions options = certificates().options();
  options.handshake_limit = std::chrono::milliseconds(30);
  context = context_of(options);
  SealedPeer silent = connect(echoing());
  EXPECT_EQ(silent.wire().receive_all(), "");
  EXPECT_EQ(closed.wait(), CloseReason::lost);
  EXPECT_EQ(statistics().tls_handshakes_failed, 1u);
}

TEST_P(TlsSocketTest, CountsAHandshakeThatIsCut) {
  SealedPeer peer = connect(echoing());
  peer.client().shake();
  const std::string hello = peer.client().take();
  peer.wire().send(hello.substr(0, hello.size() / 2));
  peer.wire().shut_down_sending();
  EXPECT_EQ(closed.wait(), CloseReason::lost);
  EXPECT_EQ(statistics().tls_handshakes_failed, 1u);
}

// A check whether the port is open is no failure.
TEST_P(TlsSocketTest, DoesNotCountWhoSaysNothing) {
  SealedPeer peer = connect(echoing());
  peer.wire().close();
  EXPECT_EQ(closed.wait(), CloseReason::lost);
  EXPECT_EQ(statistics().tls_handshakes_failed, 0u);
}

TEST_P(TlsSocketTest, EndsAConnectionWhoseRecordsAreBroken) {
  SealedPeer peer = connect(echoing());
  peer.shake();
  peer.send("good");
  EXPECT_EQ(peer.receive(4), "good");
  peer.wire().send(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
  peer.receive_all();
  EXPECT_EQ(closed.wait(), CloseReason::lost);
}

TEST_P(TlsSocketTest, ManyConnectionsEndWithTheLoop) {
  std::atomic<int> ended = 0;
  std::vector<SealedPeer> peers;
  for (int i = 0; i < 40; ++i) {
    Pair pair = tcp_pair();
    auto handler = echoing();
    handler->closed = [&](Socket&, CloseReason) { ++ended; };
    thread.add(std::move(pair.server), std::move(handler), context.get());
    peers.emplace_back(std::move(pair.peer));
    // Every second one is in the middle of its handshake.
    if (i % 2 == 0) peers.back().shake();
  }
  thread.stop();
  EXPECT_EQ(ended, 40);
}

}  // namespace
}  // namespace duplex::net
