// tls-port: the listener for Redis clients under TLS, which CONFIG SET may move.
#include "server/tls_port.h"

#include "base/diagnostics.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace duplex::server {

namespace {

// As Redis answers CONFIG SET; what is wrong with which file goes to the log.
constexpr std::string_view cannot_renew = "Unable to update TLS configuration. Check server logs.";
constexpr std::string_view cannot_listen = "Unable to listen on this port. Check server logs.";

Outcome refused(std::string_view reply, std::string_view reason) {
  base::log(base::LogLevel::warning, "{}", reason);
  return std::unexpected(std::string(reply));
}

}  // namespace

void TlsPort::follow(ConfigStore& config) {
  for (const std::string_view name : {"tls-cert-file",
                                      "tls-key-file",
                                      "tls-key-file-pass",
                                      "tls-dh-params-file",
                                      "tls-ca-cert-file",
                                      "tls-ca-cert-dir",
                                      "tls-auth-clients",
                                      "http-tls-auth-clients",
                                      "tls-protocols",
                                      "tls-ciphers",
                                      "tls-ciphersuites",
                                      "tls-prefer-server-ciphers",
                                      "tls-session-caching",
                                      "tls-session-cache-size",
                                      "tls-session-cache-timeout",
                                      "tls-handshake-timeout"})
    config.on_change(name, [this](const Config& next) { return renew(next); });
  config.on_change("tls-port", [this](const Config& next) { return move(next); });
}

Outcome TlsPort::renew(const Config& next) {
  if (auto renewed = contexts_.renew(next); !renewed) return refused(cannot_renew, renewed.error());
  return {};
}

Outcome TlsPort::move(const Config& next) {
  if (auto renewed = renew(next); !renewed) return renewed;
  const std::lock_guard lock(mutex_);
  if (closed_ || next.tls_port == port_) return {};
  std::unique_ptr<net::Listener> listener;
  if (next.tls_port != 0) {
    auto opened = listen(next, false);
    if (!opened) return refused(cannot_listen, opened.error());
    listener = std::move(*opened);
  }
  listener_ = std::move(listener);
  port_ = next.tls_port;
  return {};
}

std::expected<void, std::string> TlsPort::open(const Config& config) {
  if (auto renewed = contexts_.renew(config); !renewed) return renewed;
  if (config.tls_port == 0) return {};
  auto opened = listen(config, true);
  if (!opened) return std::unexpected(opened.error());
  const std::lock_guard lock(mutex_);
  listener_ = std::move(*opened);
  port_ = config.tls_port;
  return {};
}

void TlsPort::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  listener_.reset();
}

std::expected<std::unique_ptr<net::Listener>, std::string> TlsPort::listen(const Config& config,
                                                                           bool patiently) {
  return net::Listener::tcp(pool_,
                            {.addresses = config.bind,
                             .port = static_cast<std::uint16_t>(config.tls_port),
                             .backlog = static_cast<int>(config.tcp_backlog),
                             .keepalive_s = static_cast<int>(config.tcp_keepalive_s),
                             .waits_for_port = patiently},
                            factory_);
}

}  // namespace duplex::server
