// tls-port: the listener for Redis clients under TLS, which CONFIG SET may move.
#pragma once

#include "net/event_loop_pool.h"
#include "net/listener.h"
#include "server/config.h"
#include "server/config_store.h"
#include "server/tls_contexts.h"

#include <expected>
#include <memory>
#include <mutex>
#include <string>

namespace duplex::server {

// Thread: open() and close() from the main thread; the actions that it registers with the
// configuration run on the loop that serves the CONFIG SET. mutex_ is for the two together; it is
// held while ports are bound and no other lock is.
// Lifetime: destroyed or closed before the pool.
class TlsPort {
 public:
  // `factory` makes the sessions.
  TlsPort(net::EventLoopPool& pool, TlsContexts& contexts, net::SessionFactory factory)
      : pool_(pool), contexts_(contexts), factory_(std::move(factory)) {}

  // Acts on changes of the tls-* directives from now on. Requires: the loops do not run yet.
  void follow(ConfigStore& config);
  // Makes the contexts and opens the port, unless it is 0. The error is a sentence for the
  // operator.
  std::expected<void, std::string> open(const Config& config);
  // For good.
  void close();

 private:
  Outcome renew(const Config& next);
  Outcome move(const Config& next);
  std::expected<std::unique_ptr<net::Listener>, std::string> listen(const Config& config,
                                                                    bool patiently);

  net::EventLoopPool& pool_;
  TlsContexts& contexts_;
  const net::SessionFactory factory_;
  std::mutex mutex_;
  std::unique_ptr<net::Listener> listener_;  // under mutex_, as are the following
  std::int64_t port_ = 0;
  bool closed_ = false;
};

}  // namespace duplex::server
