// A TCP port for Redis clients, which CONFIG SET may move: `port` or `tls-port`, and `bind`.
#pragma once

#include "net/event_loop_pool.h"
#include "net/listener.h"
#include "server/config.h"
#include "server/config_directive.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace duplex::server {

// Thread: open() and close() from the main thread; move() from the loop that serves a CONFIG SET.
// mutex_ is for the two together; it is held while ports are bound and no other lock is.
// Lifetime: destroyed or closed before the pool.
class ClientPort {
 public:
  // `number` is the directive; 0 means no port. `factory` makes the sessions.
  ClientPort(net::EventLoopPool& pool, std::int64_t Config::* number, net::SessionFactory factory)
      : pool_(pool), number_(number), factory_(std::move(factory)) {}

  // The error is a sentence for the operator.
  std::expected<void, std::string> open(const Config& config);
  // Goes to another port or to other addresses. Connections live on; when it fails the old port
  // stays. The error is CONFIG SET's; the log has the reason.
  Outcome move(const Config& next);
  // For good.
  void close();

 private:
  std::expected<std::unique_ptr<net::Listener>, std::string> listen(
      const Config& config, const std::vector<std::string>& addresses, bool patiently);
  Outcome rebind(const Config& next);

  net::EventLoopPool& pool_;
  std::int64_t Config::* const number_;
  const net::SessionFactory factory_;
  std::mutex mutex_;
  std::unique_ptr<net::Listener> listener_;  // under mutex_, as are the following
  std::int64_t port_ = 0;
  std::vector<std::string> addresses_;
  bool closed_ = false;
};

}  // namespace duplex::server
