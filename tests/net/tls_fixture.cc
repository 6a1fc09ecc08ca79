// Certificates made for the test that runs, and TLS clients, without a socket and with one.
#include "net/tls_fixture.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <sys/socket.h>

namespace duplex::net {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool good) {
  if (!good) throw std::runtime_error("OpenSSL: " + take_tls_error());
}

Key new_key() {
  Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  require(key != nullptr);
  return key;
}

Certificate new_certificate(const std::string& name,
                            EVP_PKEY* key,
                            X509* issuer,
                            EVP_PKEY* signer) {
  Certificate made(X509_new(), X509_free);
  // A first version that is signed by itself may sign others without saying so in an extension.
  X509_set_version(made.get(), issuer != nullptr ? X509_VERSION_3 : X509_VERSION_1);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 24 * 3600);
  X509_set_pubkey(made.get(), key);
  X509_NAME* subject = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(made.get(), issuer ? X509_get_subject_name(issuer) : subject);
  require(X509_sign(made.get(), signer, EVP_sha256()) > 0);
  return made;
}

std::string pem_of(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  require(write(memory.get()) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key, std::string pass = {}) {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio,
                                    key,
                                    pass.empty() ? nullptr : EVP_aes_256_cbc(),
                                    nullptr,
                                    0,
                                    nullptr,
                                    pass.empty() ? nullptr : pass.data());
  });
}

}  // namespace

TestCertificates::TestCertificates() {
  const Key ca_key = new_key();
  const Certificate ca = new_certificate("an authority", ca_key.get(), nullptr, ca_key.get());
  write("ca.crt", pem_of(ca.get()));
  for (const std::string name : {"server", "client", "other"}) {
    const Key key = new_key();
    write(name + ".crt", pem_of(new_certificate(name, key.get(), ca.get(), ca_key.get()).get()));
    write(name + ".key", pem_of(key.get()));
    if (name == "server") write("locked.key", pem_of(key.get(), "sesame"));
  }
}

TlsOptions TestCertificates::options() const {
  TlsOptions options;
  options.cert_file = path("server.crt");
  options.key_file = path("server.key");
  options.ca_cert_file = path("ca.crt");
  options.client_certificates = ClientCertificates::no;
  return options;
}

const TestCertificates& certificates() {
  static const TestCertificates made;
  return made;
}

std::shared_ptr<const TlsContext> context_of(const TlsOptions& options) {
  auto made = TlsContext::make(options);
  if (!made) throw std::runtime_error(made.error());
  return *made;
}

TlsClient::TlsClient(int version, SSL_SESSION* session)
    : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
  SSL_CTX_set_max_proto_version(context_.get(), version);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  require(SSL_CTX_load_verify_locations(
              context_.get(), certificates().path("ca.crt").c_str(), nullptr) == 1);
  ssl_.reset(SSL_new(context_.get()));
  in_ = BIO_new(BIO_s_mem());
  out_ = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in_, -1);
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_connect_state(ssl_.get());
  if (session != nullptr) SSL_set_session(ssl_.get(), session);
}

void TlsClient::show(const std::string& certificate, const std::string& key) {
  require(SSL_use_certificate_file(ssl_.get(), certificate.c_str(), SSL_FILETYPE_PEM) == 1);
  require(SSL_use_PrivateKey_file(ssl_.get(), key.c_str(), SSL_FILETYPE_PEM) == 1);
}

void TlsClient::give(std::string_view bytes) {
  if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
}

std::string TlsClient::take() {
  std::string bytes(static_cast<std::size_t>(BIO_pending(out_)), '\0');
  if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

bool TlsClient::shake() {
  SSL_do_handshake(ssl_.get());
  return SSL_is_init_finished(ssl_.get()) == 1;
}

void TlsClient::write(std::string_view plain) {
  if (plain.empty()) return;
  ASSERT_GT(SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size())), 0);
}

std::string TlsClient::read() {
  std::string all;
  std::array<char, 16 * 1024> part;
  for (;;) {
    const int bytes = SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()));
    if (bytes <= 0) return all;
    all.append(part.data(), static_cast<std::size_t>(bytes));
  }
}

bool SealedPeer::shake() {
  while (!client_.shake())
    if (!flush() || !receive_more()) return false;
  return flush();
}

bool SealedPeer::send(std::string_view plain) {
  while (!plain.empty()) {
    const std::string_view part = plain.substr(0, 64 * 1024);
    client_.write(part);
    if (!flush()) return false;
    plain.remove_prefix(part.size());
  }
  return true;
}

bool SealedPeer::flush() {
  const std::string bytes = client_.take();
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count =
        ::send(wire_.fd(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    EXPECT_FALSE(count < 0 && errno == EAGAIN) << "waited in vain";
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

std::string SealedPeer::receive(std::size_t bytes) {
  std::string received = client_.read();
  while (received.size() < bytes && receive_more())
    received += client_.read();
  return received;
}

bool SealedPeer::say_goodbye() {
  SSL_shutdown(client_.native());
  return flush();
}

// False at the end of the connection.
bool SealedPeer::receive_more() {
  std::array<char, 16 * 1024> bytes;
  ssize_t count = 0;
  do {
    count = ::recv(wire_.fd(), bytes.data(), bytes.size(), 0);
  } while (count < 0 && errno == EINTR);
  EXPECT_FALSE(count < 0 && errno == EAGAIN) << "waited in vain";
  if (count <= 0) return false;
  client_.give({bytes.data(), static_cast<std::size_t>(count)});
  return true;
}

}  // namespace duplex::net
