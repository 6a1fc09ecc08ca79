// Directives about TLS: Valkey's, and those of the HTTP port.
#include "server/config_table.h"

namespace duplex::server {

namespace {

constexpr std::int64_t int_max = std::numeric_limits<std::int32_t>::max();

constexpr std::string_view no_yes_optional[] = {"no", "yes", "optional"};

constexpr Directive rows[] = {
    integer<&Config::tls_port>("tls-port", 0, 65535),
    text<&Config::tls_cert_file>("tls-cert-file", reloaded),
    text<&Config::tls_key_file>("tls-key-file", reloaded),
    text<&Config::tls_key_file_pass>("tls-key-file-pass", sensitive),
    text<&Config::tls_dh_params_file>("tls-dh-params-file", reloaded),
    text<&Config::tls_ca_cert_file>("tls-ca-cert-file", reloaded),
    text<&Config::tls_ca_cert_dir>("tls-ca-cert-dir", reloaded),
    choice<&Config::tls_auth_clients>("tls-auth-clients", no_yes_optional),
    text<&Config::tls_protocols>("tls-protocols"),
    text<&Config::tls_ciphers>("tls-ciphers"),
    text<&Config::tls_ciphersuites>("tls-ciphersuites"),
    yes_no<&Config::tls_prefer_server_ciphers>("tls-prefer-server-ciphers"),
    yes_no<&Config::tls_session_caching>("tls-session-caching"),
    integer<&Config::tls_session_cache_size>("tls-session-cache-size", 0, int_max),
    integer<&Config::tls_session_cache_timeout_s>("tls-session-cache-timeout", 0, int_max),

    // Of Duplex.
    integer<&Config::tls_handshake_timeout_s>("tls-handshake-timeout", 1, 3600),
    integer<&Config::http_tls_port>("http-tls-port", 0, 65535, fixed),
    choice<&Config::http_tls_auth_clients>("http-tls-auth-clients", no_yes_optional),
};

}  // namespace

std::span<const Directive> tls_directives() {
  return rows;
}

}  // namespace duplex::server
