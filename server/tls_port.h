// tls-port: the listener for Redis clients under TLS, which CONFIG SET may move.
#pragma once

#include "net/event_loop_pool.h"
#include "net/listener.h"
#include "server/client_port.h"
#include "server/config.h"
#include "server/config_store.h"
#include "server/tls_contexts.h"

#include <expected>
#include <string>
#include <utility>

namespace duplex::server {

// Thread: as ClientPort. The actions that it registers with the configuration run on the loop that
// serves the CONFIG SET.
// Lifetime: destroyed or closed before the pool.
class TlsPort {
 public:
  // `factory` makes the sessions.
  TlsPort(net::EventLoopPool& pool, TlsContexts& contexts, net::SessionFactory factory)
      : contexts_(contexts), port_(pool, &Config::tls_port, std::move(factory)) {}

  // Acts on changes of the tls-* directives from now on. Requires: the loops do not run yet.
  void follow(ConfigStore& config);
  // Makes the contexts and opens the port, unless it is 0. The error is a sentence for the
  // operator.
  std::expected<void, std::string> open(const Config& config);
  // For good.
  void close() { port_.close(); }

 private:
  Outcome renew(const Config& next);

  TlsContexts& contexts_;
  ClientPort port_;
};

}  // namespace duplex::server
