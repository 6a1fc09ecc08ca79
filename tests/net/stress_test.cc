// Random clients against random handlers for a while: nothing crashes, leaks or stalls.
#include "base/random.h"
#include "net/erratic_session.h"
#include "net/listener.h"
#include "net/loop_fixture.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <vector>

namespace duplex::net {
namespace {

// What came back must be a prefix of what was sent.
void be_erratic(std::uint16_t port, std::uint64_t seed) {
  base::Random random(seed);
  Peer peer = connect_tcp(port);
  ASSERT_GE(peer.fd(), 0);
  std::string sent;
  std::string received;
  const std::uint64_t steps = 1 + random.below(20);
  for (std::uint64_t step = 0; step < steps; ++step) {
    std::string message(1 + random.below(random.below(10) == 0 ? 200'000 : 2'000), '\0');
    for (char& c : message)
      c = static_cast<char>(random.next());
    const ssize_t written =
        ::send(peer.fd(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written < 0 && errno != EAGAIN) break;
    if (written > 0) sent.append(message, 0, static_cast<std::size_t>(written));
    if (random.below(3) == 0) {
      std::array<char, 100'000> buffer;
      const ssize_t got = ::recv(peer.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) break;
      if (got > 0) received.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  switch (random.below(3)) {
    case 0:
      peer.reset();
      break;
    case 1:
      peer.shut_down_sending();
      received += peer.receive_all();
      break;
    default:
      break;
  }
  ASSERT_LE(received.size(), sent.size());
  EXPECT_TRUE(sent.starts_with(received)) << "seed " << seed;
}

class StressTest : public ::testing::TestWithParam<BackendChoice> {};
INSTANTIATE_TEST_SUITE_P(Net, StressTest, both_backends(), backend_name);

TEST_P(StressTest, SurvivesErraticClientsAndSessions) {
  constexpr std::uint64_t clients = 4;
  constexpr std::uint64_t connections_per_client = 150;
  {
    EventLoopPool pool(2, GetParam());
    auto listener = Listener::tcp(pool, {.addresses = {"127.0.0.1"}}, erratic_factory(1));
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

TEST_P(StressTest, StoppingAmidTrafficFreesEverything) {
  for (std::uint64_t round = 0; round < 10; ++round) {
    EventLoopPool pool(2, GetParam());
    auto listener =
        Listener::tcp(pool, {.addresses = {"127.0.0.1"}}, erratic_factory(1000 * round));
    ASSERT_TRUE(listener);
    pool.start();
    std::vector<Peer> peers;
    for (int i = 0; i < 30; ++i) {
      peers.push_back(connect_tcp((*listener)->port()));
      const std::string message(100'000, 'x');
      ::send(peers.back().fd(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }
  EXPECT_EQ(sessions_alive, 0);
}

}  // namespace
}  // namespace duplex::net
