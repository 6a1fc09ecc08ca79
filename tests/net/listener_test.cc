// Accepting: storms, spreading over loops, addresses, Unix sockets, running out of descriptors.
#include "net/listener.h"

#include "net/loop_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace duplex::net {
namespace {

// Makes echo sessions and counts them per loop.
class ListenerTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  ~ListenerTest() override {
    pool.stop();
    pool.join();
  }

  SessionFactory echo_factory() {
    return [this](EventLoop& loop, Descriptor connected) {
      EXPECT_TRUE(loop.in_loop_thread());
      auto* handler = new FunctionHandler;
      handler->data = echo;
      handler->socket = &loop.add_socket(std::move(connected), *handler);
      ++accepted[loop.index()];
    };
  }
  std::unique_ptr<Listener> listen(TcpListenOptions options = {.addresses = {"127.0.0.1"}}) {
    auto listener = Listener::tcp(pool, options, echo_factory());
    EXPECT_TRUE(listener) << listener.error();
    return std::move(*listener);
  }

  EventLoopPool pool{3, GetParam()};
  std::array<std::atomic<int>, 3> accepted{};
};

INSTANTIATE_TEST_SUITE_P(Net, ListenerTest, both_backends(), backend_name);

TEST_P(ListenerTest, SpreadsAStormOfConnectionsOverTheLoops) {
  constexpr int connections = 600;
  const auto listener = listen();
  pool.start();

  std::vector<Peer> peers;
  for (int i = 0; i < connections; ++i) {
    peers.push_back(connect_tcp(listener->port()));
    if (i % 3 == 0) peers.back().send("early");
  }
  for (int i = 0; i < connections; ++i) {
    Peer& peer = peers[static_cast<std::size_t>(i)];
    if (i % 3 != 0) peer.send("early");
    ASSERT_EQ(peer.receive(5), "early");
  }

  // A loop that is just taking a connection over may be counted with one more or less.
  constexpr int difference_max = 3;
  for (const auto& count : accepted)
    EXPECT_NEAR(count, connections / 3, difference_max);
}

TEST_P(ListenerTest, AcceptsWhatConnectedBeforeTheLoopsRan) {
  const auto listener = listen();
  Peer peer = connect_tcp(listener->port());
  peer.send("early");

  pool.start();

  EXPECT_EQ(peer.receive(5), "early");
}

TEST_P(ListenerTest, ConnectionsThatComeAndGoLeaveNothingBehind) {
  const auto listener = listen();
  pool.start();
  for (int i = 0; i < 300; ++i) {
    Peer peer = connect_tcp(listener->port());
    if (i % 4 == 0) continue;
    peer.send("x");
    if (i % 4 == 1) peer.reset();
    if (i % 4 == 2) {
      ASSERT_EQ(peer.receive(1), "x");
    }
  }
  std::size_t load = 1;
  while (load != 0) {
    load = 0;
    for (std::size_t i = 0; i < pool.size(); ++i)
      load += pool.loop(i).load();
    Peer probe = connect_tcp(listener->port());
    probe.send("x");
    ASSERT_EQ(probe.receive(1), "x");
    std::this_thread::yield();
  }
}

TEST_P(ListenerTest, AcceptedSocketsHaveNoDelayAndKeepAlive) {
  Awaited<std::pair<int, int>> options;
  auto listener =
      Listener::tcp(pool,
                    {.addresses = {"127.0.0.1"}, .keepalive_s = 120},
                    [&](EventLoop&, Descriptor connected) {
                      int no_delay = 0;
                      int idle = 0;
                      socklen_t length = sizeof no_delay;
                      ::getsockopt(connected.fd(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &length);
                      ::getsockopt(connected.fd(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, &length);
                      options.set({no_delay, idle});
                    });
  ASSERT_TRUE(listener);
  pool.start();

  Peer peer = connect_tcp((*listener)->port());

  EXPECT_EQ(options.wait(), std::pair(1, 120));
  // The factory did not keep it.
  EXPECT_EQ(peer.end(), 0);
}

TEST_P(ListenerTest, SaysWhyAPortCannotBeUsed) {
  const auto listener = listen();

  const auto second =
      Listener::tcp(pool, {.addresses = {"127.0.0.1"}, .port = listener->port()}, echo_factory());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(),
            fmt::format("Could not create server TCP listening socket 127.0.0.1:{}: bind: Address "
                        "already in use",
                        listener->port()));
}

TEST_P(ListenerTest, SkipsOptionalAddressesThatThisHostLacks) {
  const auto listener = listen({.addresses = {"127.0.0.1", "-192.0.2.1"}});
  EXPECT_NE(listener->port(), 0);

  EXPECT_FALSE(Listener::tcp(pool, {.addresses = {"127.0.0.1", "192.0.2.1"}}, echo_factory()));
}

TEST_P(ListenerTest, ListensNowhereWithoutAddresses) {
  const auto listener = listen({.addresses = {}});
  EXPECT_EQ(listener->port(), 0);
}

TEST_P(ListenerTest, RefusesConnectionsWhenDestroyed) {
  auto listener = listen();
  const std::uint16_t port = listener->port();
  pool.start();
  Peer before = connect_tcp(port);
  before.send("x");
  ASSERT_EQ(before.receive(1), "x");

  listener.reset();

  EXPECT_LT(connect_tcp(port).fd(), 0);
  before.send("y");
  EXPECT_EQ(before.receive(1), "y");
}

TEST_P(ListenerTest, MayBeDestroyedAfterTheLoopsHaveEnded) {
  const auto listener = listen();
  pool.start();
  pool.stop();
  pool.join();
}

TEST_P(ListenerTest, ListensOnAUnixSocketWithPermissions) {
  const std::string path =
      fmt::format("{}/duplex-{}.sock", std::filesystem::temp_directory_path().string(), ::getpid());
  Awaited<std::string> address;
  auto factory = [&](EventLoop& loop, Descriptor connected) {
    auto* handler = new FunctionHandler;
    handler->data = echo;
    handler->socket = &loop.add_socket(std::move(connected), *handler);
    address.set(handler->socket->peer_address());
  };
  {
    const auto listener = Listener::unix_socket(pool, {.path = path, .permissions = 0700}, factory);
    ASSERT_TRUE(listener) << listener.error();
    pool.start();

    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0700u);
    Peer peer = connect_unix(path);
    peer.send("hello");
    EXPECT_EQ(peer.receive(5), "hello");
    EXPECT_EQ(address.wait(), path + ":0");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(ListenerTest, SaysThatAUnixPathIsTooLong) {
  const auto listener =
      Listener::unix_socket(pool, {.path = std::string(200, 'p')}, echo_factory());
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error(), "Failed opening Unix socket: bind: File name too long");
}

TEST_P(ListenerTest, AcceptsAgainWhenDescriptorsAreFreeAgain) {
  const auto listener = listen();
  // io_uring remembers the limit from when accepting began, so it is lowered before that.
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{.rlim_cur = 128, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  pool.start();
  // A loop opens descriptors of its own when its thread begins.
  for (std::size_t i = 0; i < pool.size(); ++i) {
    Awaited<bool> running;
    pool.loop(i).post([&] { running.set(true); });
    running.wait();
  }
  Peer waiting(Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  std::vector<Descriptor> others;
  for (int fd = ::dup(waiting.fd()); fd >= 0; fd = ::dup(waiting.fd()))
    others.emplace_back(fd);

  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listener->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(waiting.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
            0);
  waiting.send("x");
  // Enough for the refused accept, which the loop sees before this task's successor.
  for (int i = 0; i < 3; ++i) {
    Awaited<bool> passed;
    pool.loop(0).post([&] { passed.set(true); });
    passed.wait();
  }
  EXPECT_EQ(accepted[0] + accepted[1] + accepted[2], 0);
  others.clear();

  EXPECT_EQ(waiting.receive(1), "x");
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace duplex::net
