// The certificates of the TLS ports, made anew when a directive or a file changes.
#pragma once

#include "base/mutex.h"
#include "net/tls_context.h"
#include "server/config.h"

#include <expected>
#include <memory>
#include <string>

namespace duplex::server {

// One context for tls-port and one for http-tls-port, which differ in whether they ask clients for
// certificates. A connection keeps the one it began with.
//
// Thread: any. renew() is called by the main thread before the ports are open, and then only from
// CONFIG SET, one after the other.
class TlsContexts {
 public:
  using Context = std::shared_ptr<const net::TlsContext>;

  // Makes the contexts of those ports that are to be open. If that fails all stays as it was; the
  // error is a sentence for the operator.
  std::expected<void, std::string> renew(const Config& config);

  // Null before their port was ever to be open. For a connection of that port null never means
  // plain text.
  Context clients() const;
  Context browsers() const;

 private:
  mutable base::Mutex mutex_{base::LockRank::leaf};
  Context clients_ DUPLEX_GUARDED_BY(mutex_);
  Context browsers_ DUPLEX_GUARDED_BY(mutex_);
};

}  // namespace duplex::server
