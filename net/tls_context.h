// What all TLS connections of a port share: certificate, key, rules. A thin hold on SSL_CTX.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

// OpenSSL's own names, so that no header of it is needed here.
struct ssl_ctx_st;

namespace duplex::net {

// Whether clients must, may or need not show a certificate.
enum class ClientCertificates : std::uint8_t { no, yes, optional };

// Valkey's tls-* directives, as text where OpenSSL takes text; empty means OpenSSL's default.
struct TlsOptions {
  std::string cert_file;  // the certificate, and those between it and the root
  std::string key_file;
  std::string key_file_pass;
  std::string ca_cert_file;
  std::string ca_cert_dir;
  ClientCertificates client_certificates = ClientCertificates::yes;
  std::string protocols;  // "TLSv1.2 TLSv1.3" if empty
  std::string ciphers;    // up to TLS 1.2
  std::string ciphersuites;
  std::string dh_params_file;
  bool prefer_server_ciphers = false;
  bool session_caching = true;  // tickets, and the cache of clients that have none
  std::int64_t session_cache_size = 20480;
  std::int64_t session_cache_timeout_s = 300;
  std::chrono::milliseconds handshake_limit{10'000};
};

// Thread: any; never changed once made. Connections made with it hold what they need of it.
class TlsContext {
 public:
  // Reads the files. The error is a sentence for the operator, as Redis words it.
  static std::expected<std::shared_ptr<const TlsContext>, std::string> make(
      const TlsOptions& options);

  ssl_ctx_st* native() const { return context_.get(); }
  // How long a client may take to shake hands.
  std::chrono::milliseconds handshake_limit() const { return handshake_limit_; }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  TlsContext() = default;

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::chrono::milliseconds handshake_limit_{};
};

// What the thread's oldest OpenSSL error says, and forgets all of them. "unknown" without one.
std::string take_tls_error();

}  // namespace duplex::net
