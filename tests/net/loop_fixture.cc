// Peers and loop threads of the tests.
#include "net/loop_fixture.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

namespace duplex::net {

namespace {
sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}
}  // namespace

Peer::Peer(Descriptor fd) : fd_(std::move(fd)) {
  const timeval limit{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd_.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd_.fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    ASSERT_GT(sent, 0) << std::strerror(errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Peer::receive(std::size_t bytes) {
  std::string received(bytes, '\0');
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t result = ::recv(fd_.fd(), received.data() + have, bytes - have, 0);
    if (result < 0 && errno == EINTR) continue;
    if (result <= 0) {
      EXPECT_FALSE(result < 0 && errno == EAGAIN) << "waited in vain";
      break;
    }
    have += static_cast<std::size_t>(result);
  }
  received.resize(have);
  return received;
}

std::string Peer::receive_all() {
  std::string all;
  for (;;) {
    const std::string part = receive(64 * 1024);
    all += part;
    if (part.size() < 64 * 1024) return all;
  }
}

int Peer::end() {
  char byte;
  const ssize_t result = ::recv(fd_.fd(), &byte, 1, 0);
  EXPECT_LE(result, 0) << "unexpected byte " << byte;
  return result < 0 ? errno : 0;
}

void Peer::shut_down_sending() {
  ::shutdown(fd_.fd(), SHUT_WR);
}

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.close();
}

Peer connect_tcp(std::uint16_t port) {
  Descriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(fd.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.close();
  const int on = 1;
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return Peer(std::move(fd));
}

Peer connect_unix(const std::string& path) {
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.close();
  return Peer(std::move(fd));
}

Pair unix_pair() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Pair tcp_pair() {
  const Descriptor listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  EXPECT_EQ(::bind(listening.fd(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  EXPECT_EQ(::listen(listening.fd(), 1), 0);
  ::getsockname(listening.fd(), reinterpret_cast<sockaddr*>(&address), &length);
  Descriptor peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(peer.fd(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  return {Descriptor(::accept4(listening.fd(), nullptr, nullptr, SOCK_CLOEXEC)), std::move(peer)};
}

LoopThread::LoopThread(BackendChoice backend)
    : loop_({.index = 0, .backend = backend}), thread_([this] { loop_.run(); }) {}

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void LoopThread::run(Task task) {
  Awaited<bool> done;
  loop_.post([&] {
    task();
    done.set(true);
  });
  done.wait();
}

void LoopThread::finish_pass() {
  // A task posted from a task runs in a later pass.
  Awaited<bool> done;
  loop_.post([&] { loop_.post([&] { done.set(true); }); });
  done.wait();
}

Socket& LoopThread::add(Descriptor server,
                        std::unique_ptr<FunctionHandler> handler,
                        const TlsContext* tls) {
  Socket* socket = nullptr;
  run([&] {
    FunctionHandler& owned = *handler.release();
    owned.socket = &loop_.add_socket(std::move(server), owned, tls);
    socket = owned.socket;
  });
  return *socket;
}

}  // namespace duplex::net
