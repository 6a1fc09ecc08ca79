// What is wrong with a configuration of TLS is said in one sentence.
#include "net/tls_context.h"

#include "net/tls_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace duplex::net {
namespace {

std::string error_of(const TlsOptions& options) {
  const auto made = TlsContext::make(options);
  return made ? "" : made.error();
}

class TlsContextTest : public ::testing::Test {
 protected:
  TlsOptions options = certificates().options();
};

TEST_F(TlsContextTest, TakesGoodFiles) {
  EXPECT_EQ(error_of(options), "");
}

TEST_F(TlsContextTest, NamesWhatIsMissing) {
  options.key_file.clear();
  EXPECT_EQ(error_of(options), "No tls-key-file configured!");
  options.cert_file.clear();
  EXPECT_EQ(error_of(options), "No tls-cert-file configured!");
}

TEST_F(TlsContextTest, SaysWhyACertificateIsNotRead) {
  options.cert_file = "/nonexistent.crt";
  EXPECT_EQ(error_of(options),
            "Failed to load certificate: /nonexistent.crt: No such file or directory");
  certificates().write("bad.crt", "not a certificate\n");
  options.cert_file = certificates().path("bad.crt");
  EXPECT_EQ(error_of(options),
            "Failed to load certificate: " + options.cert_file + ": no start line");
}

TEST_F(TlsContextTest, SaysThatAKeyIsNotTheCertificates) {
  options.key_file = certificates().path("other.key");
  EXPECT_EQ(error_of(options),
            "Failed to load private key: " + options.key_file + ": key values mismatch");
}

TEST_F(TlsContextTest, OpensAKeyWithItsPasswordOnly) {
  options.key_file = certificates().path("locked.key");
  EXPECT_NE(error_of(options), "");
  options.key_file_pass = "wrong";
  EXPECT_NE(error_of(options), "");
  options.key_file_pass = std::string(5000, 'x');
  EXPECT_NE(error_of(options), "");
  options.key_file_pass = "sesame";
  EXPECT_EQ(error_of(options), "");
}

TEST_F(TlsContextTest, NeedsAuthoritiesToJudgeClients) {
  options.client_certificates = ClientCertificates::yes;
  EXPECT_EQ(error_of(options), "");
  options.ca_cert_file.clear();
  EXPECT_NE(error_of(options).find("tls-ca-cert-file"), std::string::npos);
  options.client_certificates = ClientCertificates::optional;
  EXPECT_NE(error_of(options), "");
  options.client_certificates = ClientCertificates::no;
  EXPECT_EQ(error_of(options), "");
  options.ca_cert_file = "/nonexistent";
  EXPECT_EQ(error_of(options),
            "Failed to configure CA certificate(s) file/directory: No such file or directory");
}

TEST_F(TlsContextTest, ReadsProtocolsAndCiphers) {
  for (const std::string good : {"TLSv1.2", "tlsv1.3  TLSv1.2", "TLSv1 TLSv1.1"}) {
    options.protocols = good;
    EXPECT_EQ(error_of(options), "") << good;
  }
  options.protocols = "TLSv1.4";
  EXPECT_EQ(error_of(options),
            "Invalid tls-protocols specified. Use a combination of 'TLSv1', 'TLSv1.1', 'TLSv1.2' "
            "and 'TLSv1.3'.");
  options.protocols.clear();
  options.ciphers = "NOPE";
  EXPECT_EQ(error_of(options), "Failed to configure ciphers: NOPE");
  options.ciphers = "HIGH:!aNULL";
  EXPECT_EQ(error_of(options), "");
  options.ciphersuites = "NOPE";
  EXPECT_EQ(error_of(options), "Failed to configure ciphersuites: NOPE");
}

TEST_F(TlsContextTest, ReadsDhParameters) {
  options.dh_params_file = "/nonexistent";
  EXPECT_EQ(error_of(options), "Failed to load /nonexistent: No such file or directory");
  options.dh_params_file = options.cert_file;
  EXPECT_EQ(error_of(options), options.cert_file + ": failed to read DH params.");
}

}  // namespace
}  // namespace duplex::net
