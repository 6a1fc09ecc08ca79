// Listening sockets: accepts on loop 0 and hands each connection to the least loaded loop.
#pragma once

#include "net/descriptor.h"
#include "net/event_loop.h"
#include "net/event_loop_pool.h"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace duplex::net {

// Makes a session for a new connection, on the thread of the loop that will own it. It may refuse:
// too many clients, protected mode. A descriptor that it does not keep is closed.
using SessionFactory = std::function<void(EventLoop&, Descriptor)>;

struct TcpListenOptions {
  // As in redis.conf: "*" and "::*" are all addresses of IPv4 and IPv6; "-" in front means that the
  // address may be missing on this host. Empty: do not listen.
  std::vector<std::string> addresses = {"*", "-::*"};
  std::uint16_t port = 0;  // 0: any free one, see Listener::port()
  int backlog = 511;
  int keepalive_s = 300;  // 0: no keep-alive
  // A port that is taken may be about to become free: try for a second. Not on a loop's thread.
  bool waits_for_port = true;
};

struct UnixListenOptions {
  std::string path;          // a socket file that is there already is replaced
  ::mode_t permissions = 0;  // 0: as umask says
  int backlog = 511;
};

// A set of listening sockets with one factory. Accepted TCP sockets have TCP_NODELAY and the
// keep-alive setting. When descriptors run out, accepting rests for 100 ms at a time.
//
// Thread: made, used and destroyed by one thread, any; the loops need not run yet.
// Lifetime: must not outlive the pool.
class Listener {
 public:
  // The error is a sentence for the operator, as Redis words it.
  static std::expected<std::unique_ptr<Listener>, std::string> tcp(EventLoopPool& pool,
                                                                   const TcpListenOptions& options,
                                                                   SessionFactory factory);
  static std::expected<std::unique_ptr<Listener>, std::string> unix_socket(
      EventLoopPool& pool, const UnixListenOptions& options, SessionFactory factory);

  // New connections are refused from now on. A Unix socket's file is removed.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The port really used (of the first address), 0 for Unix sockets and when not listening.
  std::uint16_t port() const { return port_; }
  // For connections accepted from now on.
  void set_keepalive(int keepalive_s);

 private:
  Listener(EventLoopPool& pool, SessionFactory factory);
  void start(Descriptor listening);

  EventLoopPool& pool_;
  std::shared_ptr<const SessionFactory> factory_;
  std::vector<AcceptSource*> sources_;  // owned by loop 0
  std::vector<std::shared_ptr<const Descriptor>> listening_;
  std::uint16_t port_ = 0;
  std::string path_;
};

}  // namespace duplex::net
