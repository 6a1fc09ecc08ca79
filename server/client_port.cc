// A TCP port for Redis clients, which CONFIG SET may move.
#include "server/client_port.h"

#include "base/diagnostics.h"

#include <utility>

namespace duplex::server {

std::expected<void, std::string> ClientPort::open(const Config& config) {
  if (config.*number_ == 0) return {};
  auto opened = listen(config, true);
  if (!opened) return std::unexpected(opened.error());
  const std::lock_guard lock(mutex_);
  listener_ = std::move(*opened);
  port_ = config.*number_;
  return {};
}

Outcome ClientPort::move(const Config& next) {
  const std::lock_guard lock(mutex_);
  if (closed_ || next.*number_ == port_) return {};
  std::unique_ptr<net::Listener> listener;
  if (next.*number_ != 0) {
    auto opened = listen(next, false);
    if (!opened) {
      base::log(base::LogLevel::warning, "{}", opened.error());
      return std::unexpected("Unable to listen on this port. Check server logs.");
    }
    listener = std::move(*opened);
  }
  listener_ = std::move(listener);
  port_ = next.*number_;
  return {};
}

void ClientPort::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  listener_.reset();
}

std::expected<std::unique_ptr<net::Listener>, std::string> ClientPort::listen(const Config& config,
                                                                              bool patiently) {
  return net::Listener::tcp(pool_,
                            {.addresses = config.bind,
                             .port = static_cast<std::uint16_t>(config.*number_),
                             .backlog = static_cast<int>(config.tcp_backlog),
                             .keepalive_s = static_cast<int>(config.tcp_keepalive_s),
                             .waits_for_port = patiently},
                            factory_);
}

}  // namespace duplex::server
