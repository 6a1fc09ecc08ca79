// tls-port: the listener for Redis clients under TLS, which CONFIG SET may move.
#include "server/tls_port.h"

#include "base/diagnostics.h"

#include <string>
#include <string_view>

namespace duplex::server {

namespace {

// As Redis answers CONFIG SET; what is wrong with which file goes to the log.
constexpr std::string_view cannot_renew = "Unable to update TLS configuration. Check server logs.";

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
  config.on_change("tls-port", [this](const Config& next) -> Outcome {
    if (auto renewed = renew(next); !renewed) return renewed;
    return port_.move(next);
  });
  config.on_change("bind", [this](const Config& next) { return port_.move(next); });
}

Outcome TlsPort::renew(const Config& next) {
  const auto renewed = contexts_.renew(next);
  if (renewed) return {};
  base::log(base::LogLevel::warning, "{}", renewed.error());
  return std::unexpected(std::string(cannot_renew));
}

std::expected<void, std::string> TlsPort::open(const Config& config) {
  if (auto renewed = contexts_.renew(config); !renewed) return renewed;
  return port_.open(config);
}

}  // namespace duplex::server
