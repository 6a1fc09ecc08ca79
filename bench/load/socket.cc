// Blocking socket calls.
#include "bench/load/socket.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

namespace duplex::load {
namespace {

constexpr timeval patience = {.tv_sec = 10, .tv_usec = 0};
constexpr std::size_t receive_bytes = 4096;

std::unexpected<std::string> failed(std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

std::expected<Socket, std::string> Socket::connect(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (status != 0) return std::unexpected(fmt::format("{}: {}", host, gai_strerror(status)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, &freeaddrinfo);

  Socket socket(::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0));
  if (socket.fd_ < 0) return failed("socket");
  const int on = 1;
  setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(socket.fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket.fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.fd_, address->ai_addr, address->ai_addrlen) != 0) {
    return failed(fmt::format("connect to {}:{}", host, port));
  }
  return socket;
}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<void, std::string> Socket::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return failed("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

std::expected<std::string, std::string> Socket::receive_some() {
  std::string bytes(receive_bytes, '\0');
  ssize_t got = -1;
  do {
    got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return failed("receive");
  if (got == 0) return std::unexpected("the server closed the connection");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace duplex::load
