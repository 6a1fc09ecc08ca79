// From directives to an SSL_CTX.
#include "net/tls_context.h"

#include "base/text.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <string_view>

namespace duplex::net {

namespace {

using Failure = std::optional<std::string>;  // nothing if all is well

struct Protocol {
  std::string_view name;
  std::uint64_t off;  // the option that forbids it
};
constexpr Protocol protocols[] = {{"TLSv1", SSL_OP_NO_TLSv1},
                                  {"TLSv1.1", SSL_OP_NO_TLSv1_1},
                                  {"TLSv1.2", SSL_OP_NO_TLSv1_2},
                                  {"TLSv1.3", SSL_OP_NO_TLSv1_3}};

// Sessions of one server are no good at another; the name is the same for all ports of this one.
constexpr std::string_view session_context = "duplex";

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// The options that forbid what the words do not name; nothing if one is unknown.
std::optional<std::uint64_t> forbidden_protocols(std::string_view words) {
  std::uint64_t forbidden = 0;
  for (const Protocol& protocol : protocols)
    forbidden |= protocol.off;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    const std::string_view word = words.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    const auto* found = std::ranges::find_if(protocols, [&](const Protocol& protocol) {
      return base::equals_ignoring_case(protocol.name, word);
    });
    if (found == std::end(protocols)) return std::nullopt;
    forbidden &= ~found->off;
  }
  return forbidden;
}

// Answers OpenSSL's question for the password of a key; without this it would ask the terminal.
int password(char* buffer, int size, int, void* user_data) {
  const auto& text = *static_cast<const std::string*>(user_data);
  if (text.empty() || static_cast<std::size_t>(size) < text.size()) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

Failure load_certificate(SSL_CTX* context, const TlsOptions& options) {
  if (options.cert_file.empty()) return "No tls-cert-file configured!";
  if (options.key_file.empty()) return "No tls-key-file configured!";
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1)
    return fmt::format("Failed to load certificate: {}: {}", options.cert_file, take_tls_error());
  std::string pass = options.key_file_pass;
  SSL_CTX_set_default_passwd_cb(context, password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &pass);
  const bool loaded =
      SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
  if (!loaded)
    return fmt::format("Failed to load private key: {}: {}", options.key_file, take_tls_error());
  return std::nullopt;
}

Failure load_authorities(SSL_CTX* context, const TlsOptions& options) {
  const bool none = options.ca_cert_file.empty() && options.ca_cert_dir.empty();
  switch (options.client_certificates) {
    case ClientCertificates::no:
      SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
      break;
    case ClientCertificates::optional:
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
      break;
    case ClientCertificates::yes:
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      break;
  }
  if (none && options.client_certificates != ClientCertificates::no)
    return "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when clients are to show "
           "certificates (tls-auth-clients, http-tls-auth-clients)!";
  if (none) return std::nullopt;
  if (SSL_CTX_load_verify_locations(
          context, or_null(options.ca_cert_file), or_null(options.ca_cert_dir)) != 1)
    return fmt::format("Failed to configure CA certificate(s) file/directory: {}",
                       take_tls_error());
  return std::nullopt;
}

Failure set_ciphers(SSL_CTX* context, const TlsOptions& options) {
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1)
    return fmt::format("Failed to configure ciphers: {}", options.ciphers);
  if (!options.ciphersuites.empty() &&
      SSL_CTX_set_ciphersuites(context, options.ciphersuites.c_str()) != 1)
    return fmt::format("Failed to configure ciphersuites: {}", options.ciphersuites);
  if (options.prefer_server_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  return std::nullopt;
}

Failure load_dh_params(SSL_CTX* context, const std::string& path) {
  if (path.empty()) return std::nullopt;
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "r"), BIO_free);
  if (!file) return fmt::format("Failed to load {}: {}", path, take_tls_error());
  EVP_PKEY* params = PEM_read_bio_Parameters(file.get(), nullptr);
  if (params == nullptr || EVP_PKEY_is_a(params, "DH") != 1) {
    EVP_PKEY_free(params);
    return fmt::format("{}: failed to read DH params.", path);
  }
  if (SSL_CTX_set0_tmp_dh_pkey(context, params) == 1) return std::nullopt;
  EVP_PKEY_free(params);
  return fmt::format("{}: failed to use DH params: {}", path, take_tls_error());
}

void set_caching(SSL_CTX* context, const TlsOptions& options) {
  SSL_CTX_set_session_id_context(context,
                                 reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  if (!options.session_caching) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, options.session_cache_size);
  SSL_CTX_set_timeout(context, options.session_cache_timeout_s);
}

Failure configure(SSL_CTX* context, const TlsOptions& options) {
  const auto forbidden = forbidden_protocols(
      options.protocols.empty() ? std::string_view("TLSv1.2 TLSv1.3") : options.protocols);
  if (!forbidden)
    return "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' "
           "and 'TLSv1.3'.";
  // Renegotiation lets a client ask for much work; nobody needs it.
  SSL_CTX_set_options(
      context, *forbidden | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_SINGLE_DH_USE);
  // An idle connection holds no record buffers, which would be 34 KB each.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (auto failure = load_certificate(context, options)) return failure;
  if (auto failure = load_authorities(context, options)) return failure;
  if (auto failure = load_dh_params(context, options.dh_params_file)) return failure;
  if (auto failure = set_ciphers(context, options)) return failure;
  set_caching(context, options);
  return std::nullopt;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

std::expected<std::shared_ptr<const TlsContext>, std::string> TlsContext::make(
    const TlsOptions& options) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext);
  made->context_.reset(SSL_CTX_new(TLS_server_method()));
  if (!made->context_)
    return std::unexpected(fmt::format("Failed to set TLS up: {}", take_tls_error()));
  made->handshake_limit_ = options.handshake_limit;
  auto failure = configure(made->context_.get(), options);
  ERR_clear_error();
  if (failure) return std::unexpected(*std::move(failure));
  return made;
}

std::string take_tls_error() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "unknown";
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : fmt::format("error {:x}", error);
}

}  // namespace duplex::net
