// A TCP port for Redis clients, which CONFIG SET may move, and the addresses it is bound to.
#include "server/client_port.h"

#include "base/diagnostics.h"

#include <utility>

namespace duplex::server {

std::expected<void, std::string> ClientPort::open(const Config& config) {
  const std::lock_guard lock(mutex_);
  addresses_ = config.bind;
  if (config.*number_ == 0) return {};
  auto opened = listen(config, config.bind, true);
  if (!opened) return std::unexpected(opened.error());
  listener_ = std::move(*opened);
  port_ = config.*number_;
  return {};
}

Outcome ClientPort::move(const Config& next) {
  const std::lock_guard lock(mutex_);
  if (closed_ || (next.*number_ == port_ && next.bind == addresses_)) return {};
  if (listener_ && next.*number_ == port_) return rebind(next);
  std::unique_ptr<net::Listener> listener;
  if (next.*number_ != 0) {
    auto opened = listen(next, next.bind, false);
    if (!opened) {
      base::log(base::LogLevel::warning, "{}", opened.error());
      return std::unexpected("Unable to listen on this port. Check server logs.");
    }
    listener = std::move(*opened);
  }
  listener_ = std::move(listener);
  port_ = next.*number_;
  addresses_ = next.bind;
  return {};
}

// The kernel lets nobody listen twice on one address and port, and "*" has all of them: the old
// sockets have to go first. Whoever connects in that instant is refused, as in Redis.
Outcome ClientPort::rebind(const Config& next) {
  listener_.reset();
  auto opened = listen(next, next.bind, false);
  if (opened) {
    listener_ = std::move(*opened);
    addresses_ = next.bind;
    return {};
  }
  base::log(base::LogLevel::warning, "{}", opened.error());
  auto again = listen(next, addresses_, false);
  if (again)
    listener_ = std::move(*again);
  else
    base::log(base::LogLevel::warning, "{}", again.error());
  return std::unexpected("Failed to bind to specified addresses.");
}

void ClientPort::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  listener_.reset();
}

std::expected<std::unique_ptr<net::Listener>, std::string> ClientPort::listen(
    const Config& config, const std::vector<std::string>& addresses, bool patiently) {
  return net::Listener::tcp(pool_,
                            {.addresses = addresses,
                             .port = static_cast<std::uint16_t>(config.*number_),
                             .backlog = static_cast<int>(config.tcp_backlog),
                             .keepalive_s = static_cast<int>(config.tcp_keepalive_s),
                             .waits_for_port = patiently},
                            factory_);
}

}  // namespace duplex::server
