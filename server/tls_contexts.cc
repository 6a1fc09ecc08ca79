// The certificates of the TLS ports, made anew when a directive or a file changes.
#include "server/tls_contexts.h"

#include <chrono>
#include <utility>

namespace duplex::server {

namespace {

net::ClientCertificates client_certificates(AuthClients word) {
  switch (word) {
    case AuthClients::no:
      return net::ClientCertificates::no;
    case AuthClients::optional:
      return net::ClientCertificates::optional;
    case AuthClients::yes:
      break;
  }
  return net::ClientCertificates::yes;
}

net::TlsOptions tls_options(const Config& config, AuthClients auth_clients) {
  return {.cert_file = config.tls_cert_file,
          .key_file = config.tls_key_file,
          .key_file_pass = config.tls_key_file_pass,
          .ca_cert_file = config.tls_ca_cert_file,
          .ca_cert_dir = config.tls_ca_cert_dir,
          .client_certificates = client_certificates(auth_clients),
          .protocols = config.tls_protocols,
          .ciphers = config.tls_ciphers,
          .ciphersuites = config.tls_ciphersuites,
          .dh_params_file = config.tls_dh_params_file,
          .prefer_server_ciphers = config.tls_prefer_server_ciphers,
          .session_caching = config.tls_session_caching,
          .session_cache_size = config.tls_session_cache_size,
          .session_cache_timeout_s = config.tls_session_cache_timeout_s,
          .handshake_limit = std::chrono::seconds(config.tls_handshake_timeout_s)};
}

}  // namespace

std::expected<void, std::string> TlsContexts::renew(const Config& config) {
  Context clients;
  Context browsers;
  if (config.tls_port != 0) {
    auto made = net::TlsContext::make(tls_options(config, config.tls_auth_clients));
    if (!made) return std::unexpected(made.error());
    clients = std::move(*made);
  }
  if (config.http_tls_port != 0) {
    auto made = net::TlsContext::make(tls_options(config, config.http_tls_auth_clients));
    if (!made) return std::unexpected(made.error());
    browsers = std::move(*made);
  }
  base::MutexLock lock(mutex_);
  if (clients) clients_.swap(clients);
  if (browsers) browsers_.swap(browsers);
  return {};
}

TlsContexts::Context TlsContexts::clients() const {
  base::MutexLock lock(mutex_);
  return clients_;
}

TlsContexts::Context TlsContexts::browsers() const {
  base::MutexLock lock(mutex_);
  return browsers_;
}

}  // namespace duplex::server
