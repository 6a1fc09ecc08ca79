// Binding, accepting and handing over.
#include "net/listener.h"

#include "base/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace duplex::net {

namespace {

constexpr std::chrono::milliseconds accept_rest{100};

// Probes go out at a third of the interval and a peer is given up after three, as Redis does it.
constexpr int keepalive_probes = 3;

void apply_keepalive(int fd, int keepalive_s) {
  const int on = keepalive_s > 0 ? 1 : 0;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (keepalive_s <= 0) return;
  const int between_s = std::max(keepalive_s / 3, 1);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_s, sizeof keepalive_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &between_s, sizeof between_s);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &keepalive_probes, sizeof keepalive_probes);
}

// What went wrong: the call and the errno, and the text that Redis would print.
struct Failure {
  std::string text;
  int error = 0;

  static Failure of(std::string_view call) {
    return {fmt::format("{}: {}", call, std::strerror(errno)), errno};
  }
};

// When a process was killed, the kernel takes its io_uring down behind its end, and the ports that
// were listened on stay taken for that moment. False with errno set.
bool bind_patiently(int fd, const addrinfo& address, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds pause{10};
  for (auto waited = std::chrono::milliseconds(0);; waited += pause) {
    if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0) return true;
    if (errno != EADDRINUSE || waited >= patience) return false;
    std::this_thread::sleep_for(pause);
  }
}

std::expected<Descriptor, Failure> listen_on(const addrinfo& address,
                                             int backlog,
                                             std::chrono::milliseconds patience) {
  Descriptor fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return std::unexpected(Failure::of("socket"));
  const int on = 1;
  if (address.ai_family == AF_INET6)
    ::setsockopt(fd.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  ::setsockopt(fd.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Accepted sockets inherit this one and the keep-alive setting.
  ::setsockopt(fd.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!bind_patiently(fd.fd(), address, patience)) return std::unexpected(Failure::of("bind"));
  if (::listen(fd.fd(), backlog) != 0) return std::unexpected(Failure::of("listen"));
  return fd;
}

std::expected<Descriptor, Failure> listen_on(std::string_view name,
                                             std::uint16_t port,
                                             int backlog,
                                             std::chrono::milliseconds patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  std::string host(name);
  if (name == "*") {
    hints.ai_family = AF_INET;
    host = "0.0.0.0";
  } else if (name == "::*") {
    hints.ai_family = AF_INET6;
    host = "::";
  }
  addrinfo* found = nullptr;
  const std::string service = fmt::format("{}", port);
  if (const int result = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &found); result != 0)
    return std::unexpected(Failure{::gai_strerror(result), 0});
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  return listen_on(*found, backlog, patience);
}

// True for errors that only say that this host does not have the protocol or the address.
bool may_be_skipped(int error, bool optional) {
  if (error == EADDRNOTAVAIL) return optional;
  return error == ENOPROTOOPT || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT ||
         error == EPFNOSUPPORT || error == EAFNOSUPPORT;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return 0;
}

// One listening socket on loop 0. The descriptor stays open for as long as the Listener may still
// have to shut it down.
class Acceptor final : public AcceptSource {
 public:
  Acceptor(EventLoopPool& pool,
           std::shared_ptr<const Descriptor> listening,
           std::shared_ptr<const SessionFactory> factory)
      : AcceptSource(listening->fd()),
        pool_(pool),
        listening_(std::move(listening)),
        factory_(std::move(factory)) {}
  ~Acceptor() override { home().cancel(rest_); }

  void accepted(int connected_fd) override;
  void accept_failed(int error) override;

 private:
  EventLoop& home() const { return pool_.loop(0); }

  EventLoopPool& pool_;
  const std::shared_ptr<const Descriptor> listening_;
  const std::shared_ptr<const SessionFactory> factory_;
  TimerId rest_ = 0;
  bool complained_ = false;
};

void Acceptor::accepted(int connected_fd) {
  complained_ = false;
  Descriptor connected(connected_fd);
  EventLoop& loop = pool_.least_loaded();
  if (&loop == &home()) {
    (*factory_)(loop, std::move(connected));
    return;
  }
  loop.announce_socket();
  loop.post([&loop, factory = factory_, connected = std::move(connected)]() mutable {
    (*factory)(loop, std::move(connected));
    loop.withdraw_socket();
  });
}

void Acceptor::accept_failed(int error) {
  if (error == EINVAL) return;  // shut down by the Listener
  if (!complained_)
    base::log(base::LogLevel::warning, "Accepting client connection: {}", std::strerror(error));
  complained_ = true;
  // Descriptors or memory ran out. The connection waits in the backlog meanwhile.
  rest_ = home().after(accept_rest, [this] { home().backend().accept(*this); });
}

}  // namespace

Listener::Listener(EventLoopPool& pool, SessionFactory factory)
    : pool_(pool), factory_(std::make_shared<const SessionFactory>(std::move(factory))) {}

Listener::~Listener() {
  for (const auto& listening : listening_)
    ::shutdown(listening->fd(), SHUT_RDWR);
  for (AcceptSource* source : sources_)
    pool_.loop(0).post([&loop = pool_.loop(0), source] { loop.remove_accept_source(*source); });
  if (!path_.empty()) ::unlink(path_.c_str());
}

void Listener::start(Descriptor listening) {
  listening_.push_back(std::make_shared<const Descriptor>(std::move(listening)));
  auto acceptor = std::make_unique<Acceptor>(pool_, listening_.back(), factory_);
  sources_.push_back(acceptor.get());
  pool_.loop(0).post([&loop = pool_.loop(0), acceptor = std::move(acceptor)]() mutable {
    loop.add_accept_source(std::move(acceptor));
  });
}

std::expected<std::unique_ptr<Listener>, std::string> Listener::tcp(EventLoopPool& pool,
                                                                    const TcpListenOptions& options,
                                                                    SessionFactory factory) {
  std::unique_ptr<Listener> listener(new Listener(pool, std::move(factory)));
  std::vector<Descriptor> bound;
  std::uint16_t port = options.port;
  constexpr std::chrono::milliseconds second{1000};
  const auto patience = options.waits_for_port ? second : std::chrono::milliseconds(0);
  for (std::string_view address : options.addresses) {
    const bool optional = address.starts_with('-');
    if (optional) address.remove_prefix(1);
    auto fd = listen_on(address, port, options.backlog, patience);
    if (fd) {
      apply_keepalive(fd->fd(), options.keepalive_s);
      if (port == 0) port = bound_port(fd->fd());
      bound.push_back(std::move(*fd));
      continue;
    }
    std::string text = fmt::format(
        "Could not create server TCP listening socket {}:{}: {}", address, port, fd.error().text);
    if (!may_be_skipped(fd.error().error, optional)) return std::unexpected(std::move(text));
    base::log(base::LogLevel::warning, "Warning: {}", text);
  }
  if (bound.empty() && !options.addresses.empty())
    return std::unexpected(fmt::format("Failed listening on port {} (tcp)", options.port));
  if (!bound.empty()) listener->port_ = port;
  // Only now, so that nobody is accepted by half a listener.
  for (Descriptor& fd : bound)
    listener->start(std::move(fd));
  return listener;
}

std::expected<std::unique_ptr<Listener>, std::string> Listener::unix_socket(
    EventLoopPool& pool, const UnixListenOptions& options, SessionFactory factory) {
  auto failed = [&](const Failure& failure) {
    return std::unexpected(fmt::format("Failed opening Unix socket: {}", failure.text));
  };
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (options.path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return failed(Failure::of("bind"));
  }
  options.path.copy(address.sun_path, options.path.size());
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return failed(Failure::of("socket"));
  ::unlink(options.path.c_str());
  if (::bind(fd.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(Failure::of("bind"));
  std::unique_ptr<Listener> listener(new Listener(pool, std::move(factory)));
  listener->path_ = options.path;
  if (options.permissions != 0) ::chmod(options.path.c_str(), options.permissions);
  if (!options.group.empty()) {
    errno = ENOENT;
    const struct group* entry = ::getgrnam(options.group.c_str());
    if (entry == nullptr ||
        ::chown(options.path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0)
      return failed(Failure::of("group"));
  }
  if (::listen(fd.fd(), options.backlog) != 0) return failed(Failure::of("listen"));
  listener->start(std::move(fd));
  return listener;
}

void Listener::set_keepalive(int keepalive_s) {
  if (!path_.empty()) return;
  for (const auto& listening : listening_)
    apply_keepalive(listening->fd(), keepalive_s);
}

}  // namespace duplex::net
