// Random clients under TLS against random handlers: nothing crashes, leaks, stalls or is garbled.
#include "base/random.h"
#include "net/erratic_session.h"
#include "net/loop_fixture.h"
#include "net/tls_fixture.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace duplex::net {
namespace {

SealedPeer connect(std::uint16_t port, int version) {
  return SealedPeer(connect_tcp(port), version);
}

std::string random_text(base::Random& random, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (char& c : text)
    c = static_cast<char>(random.next());
  return text;
}

// What came back must be a prefix of what was sent.
void be_erratic(std::uint16_t port, std::uint64_t seed) {
  base::Random random(seed);
  SealedPeer peer = connect(port, random.below(3) == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
  if (random.below(8) == 0) {
    // Never gets through the handshake.
    peer.client().shake();
    std::string hello = peer.client().take();
    hello.resize(random.below(hello.size()) + 1);
    if (random.below(2) == 0) hello += random_text(random, random.below(3000));
    peer.wire().send(hello);
    return random.below(2) == 0 ? peer.wire().reset() : peer.wire().shut_down_sending();
  }
  if (!peer.shake()) return;
  std::string sent;
  std::string received;
  const std::uint64_t steps = 1 + random.below(20);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const std::string message =
        random_text(random, 1 + random.below(random.below(10) == 0 ? 200'000 : 2'000));
    sent += message;
    // Leaves with the next record; only TLS 1.3 knows it.
    if (random.below(20) == 0) SSL_key_update(peer.client().native(), SSL_KEY_UPDATE_REQUESTED);
    if (!peer.send(message)) break;
    if (random.below(3) == 0) received += peer.receive(1);
  }
  switch (random.below(4)) {
    case 0:
      peer.wire().reset();
      break;
    case 1:
      peer.wire().shut_down_sending();
      received += peer.receive_all();
      break;
    case 2:
      peer.say_goodbye();
      received += peer.receive_all();
      break;
    default:
      break;
  }
  ASSERT_LE(received.size(), sent.size());
  EXPECT_TRUE(sent.starts_with(received)) << "seed " << seed;
}

class TlsStressTest : public ::testing::TestWithParam<BackendChoice> {};
INSTANTIATE_TEST_SUITE_P(Net, TlsStressTest, both_backends(), backend_name);

TEST_P(TlsStressTest, SurvivesErraticClientsAndSessions) {
  constexpr std::uint64_t clients = 4;
  constexpr std::uint64_t connections_per_client = 60;
  {
    EventLoopPool pool(2, GetParam());
    auto listener = Listener::tcp(pool,
                                  {.addresses = {"127.0.0.1"}},
                                  erratic_factory(1, context_of(certificates().options())));
    ASSERT_TRUE(listener);
    pool.start();

    std::vector<std::thread> threads;
    for (std::uint64_t client = 0; client < clients; ++client)
      threads.emplace_back([&, client] {
        for (std::uint64_t i = 0; i < connections_per_client; ++i)
          be_erratic((*listener)->port(), 1000 * client + i);
      });
    for (std::thread& thread : threads)
      thread.join();

    // All peers are gone, so all sessions end by themselves.
    while (sessions_alive != 0)
      std::this_thread::yield();
  }
  EXPECT_EQ(sessions_alive, 0);
}

TEST_P(TlsStressTest, StoppingAmidTrafficFreesEverything) {
  const auto context = context_of(certificates().options());
  for (std::uint64_t round = 0; round < 5; ++round) {
    EventLoopPool pool(2, GetParam());
    auto listener =
        Listener::tcp(pool, {.addresses = {"127.0.0.1"}}, erratic_factory(1000 * round, context));
    ASSERT_TRUE(listener);
    pool.start();
    std::vector<SealedPeer> peers;
    for (int i = 0; i < 20; ++i) {
      peers.push_back(connect((*listener)->port(), TLS1_3_VERSION));
      if (i % 3 == 0) continue;
      if (peers.back().shake() && i % 3 == 1) peers.back().send(std::string(50'000, 'x'));
    }
  }
  EXPECT_EQ(sessions_alive, 0);
}

}  // namespace
}  // namespace duplex::net
