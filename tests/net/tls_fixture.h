// Certificates made for the test that runs, and TLS clients, without a socket and with one.
#pragma once

#include "net/loop_fixture.h"
#include "net/tls_context.h"
#include "support/temporary_folder.h"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace duplex::net {

// A folder with ca.crt, and NAME.crt with NAME.key, signed by it, for "server", "client" and
// "other"; locked.key is the server's key under the password "sesame".
class TestCertificates {
 public:
  TestCertificates();

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  // For a server that asks nobody for a certificate.
  TlsOptions options() const;
  void write(const std::string& name, std::string_view bytes) const { folder_.write(name, bytes); }

 private:
  test::TemporaryFolder folder_;
};

// Made once for all tests of the program.
const TestCertificates& certificates();

// The context of such options, which must be good.
std::shared_ptr<const TlsContext> context_of(const TlsOptions& options);

// The other end: what it wants to send is taken from it, what was sent to it is given to it.
class TlsClient {
 public:
  // Up to `version`; resuming `session` if there is one.
  explicit TlsClient(int version = TLS1_3_VERSION, SSL_SESSION* session = nullptr);

  // Shows this certificate if it is asked for one.
  void show(const std::string& certificate, const std::string& key);
  void give(std::string_view bytes);
  std::string take();
  // Goes on with the handshake; true when it is over.
  bool shake();
  void write(std::string_view plain);
  // Everything that can be read.
  std::string read();
  // The peer has said that it sends nothing more.
  bool has_goodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  SSL* native() const { return ssl_.get(); }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* in_;   // SSL's
  BIO* out_;  // SSL's
};

// A TLS client on a blocking socket. The connection may end at any time; sending says so.
class SealedPeer {
 public:
  explicit SealedPeer(Peer wire, int version = TLS1_3_VERSION)
      : wire_(std::move(wire)), client_(version) {}
  explicit SealedPeer(Descriptor fd, int version = TLS1_3_VERSION)
      : SealedPeer(Peer(std::move(fd)), version) {}

  Peer& wire() { return wire_; }
  TlsClient& client() { return client_; }

  // False if the connection has ended.
  bool shake();
  bool send(std::string_view plain);
  bool flush();
  // Exactly this many bytes, fewer if the connection ends before.
  std::string receive(std::size_t bytes);
  std::string receive_all() { return receive(std::string::npos); }
  // Ends our side as TLS does it.
  bool say_goodbye();

 private:
  bool receive_more();

  Peer wire_;
  TlsClient client_;
};

}  // namespace duplex::net
