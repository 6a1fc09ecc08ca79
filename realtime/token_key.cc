// Keys and signatures by OpenSSL.
#include "realtime/token_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

namespace duplex::realtime {

namespace {

// RFC 7518, sections 3.2 and 3.3.
constexpr std::size_t secret_bytes_min = 32;
constexpr int rsa_bits_min = 2048;
constexpr int rsa_bits_max = 8192;
constexpr std::size_t p256_bytes = 32;
constexpr std::size_t ed25519_bytes = 32;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using BigNumber = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

// What OpenSSL noted about a failure is nobody's business: the next user of this thread's queue
// must not find it.
struct ErrorsCleared {
  ~ErrorsCleared() { ERR_clear_error(); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BigNumber number(std::string_view bytes) {
  return BigNumber(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// Null if the parameters are no key of this type.
std::shared_ptr<EVP_PKEY> make_pkey(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* pkey = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &pkey, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  std::shared_ptr<EVP_PKEY> made(pkey, EVP_PKEY_free);
  const PkeyContext checker(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  return checker && EVP_PKEY_public_check(checker.get()) == 1 ? made : nullptr;
}

// The two numbers of a signature as OpenSSL wants them (RFC 7518, section 3.4); empty if they are
// not there.
std::string der_signature(std::string_view signature) {
  if (signature.size() != 2 * p256_bytes) return {};
  BigNumber r = number(signature.substr(0, p256_bytes));
  BigNumber s = number(signature.substr(p256_bytes));
  const EcSignature pair(ECDSA_SIG_new());
  if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.release(), s.release()) != 1) return {};
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

const EVP_MD* digest_for(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::hs384:
      return EVP_sha384();
    case Algorithm::hs512:
      return EVP_sha512();
    case Algorithm::eddsa:
      return nullptr;  // has its own
    case Algorithm::hs256:
    case Algorithm::rs256:
    case Algorithm::es256:
      break;
  }
  return EVP_sha256();
}

}  // namespace

std::optional<Algorithm> algorithm_named(std::string_view name) {
  constexpr std::string_view names[] = {"HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"};
  const auto* const found = std::ranges::find(names, name);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<Algorithm>(found - std::begin(names));
}

TokenKey::Made TokenKey::secret(std::string_view bytes) {
  if (bytes.size() < secret_bytes_min)
    return std::unexpected("a secret for tokens needs at least 32 bytes");
  TokenKey key(Type::secret, nullptr);
  key.secret_ = bytes;
  return key;
}

TokenKey::Made TokenKey::rsa(const std::string& modulus, const std::string& exponent) {
  const ErrorsCleared cleared;
  const BigNumber n = number(modulus);
  const BigNumber e = number(exponent);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder) return std::unexpected("no memory for an RSA key");
  if (BN_num_bits(n.get()) < rsa_bits_min || BN_num_bits(n.get()) > rsa_bits_max)
    return std::unexpected("an RSA key must have 2048 to 8192 bits");
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return std::unexpected("no memory for an RSA key");
  auto pkey = make_pkey("RSA", builder.get());
  if (!pkey) return std::unexpected("the numbers of an RSA key are no key");
  return TokenKey(Type::rsa, std::move(pkey));
}

TokenKey::Made TokenKey::p256(std::string_view x, std::string_view y) {
  const ErrorsCleared cleared;
  if (x.size() != p256_bytes || y.size() != p256_bytes)
    return std::unexpected("the coordinates of a P-256 key must have 32 bytes");
  std::string point = "\x04";  // not compressed
  point.append(x).append(y);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(
          builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return std::unexpected("no memory for a P-256 key");
  auto pkey = make_pkey("EC", builder.get());
  if (!pkey) return std::unexpected("the coordinates of a P-256 key are not on the curve");
  return TokenKey(Type::p256, std::move(pkey));
}

TokenKey::Made TokenKey::ed25519(std::string_view public_key) {
  const ErrorsCleared cleared;
  if (public_key.size() != ed25519_bytes)
    return std::unexpected("an Ed25519 key must have 32 bytes");
  EVP_PKEY* pkey = EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, bytes_of(public_key), public_key.size());
  if (pkey == nullptr) return std::unexpected("an Ed25519 key cannot be read");
  return TokenKey(Type::ed25519, Pkey(pkey, EVP_PKEY_free));
}

TokenKey::Type TokenKey::type_for(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::rs256:
      return Type::rsa;
    case Algorithm::es256:
      return Type::p256;
    case Algorithm::eddsa:
      return Type::ed25519;
    case Algorithm::hs256:
    case Algorithm::hs384:
    case Algorithm::hs512:
      break;
  }
  return Type::secret;
}

bool TokenKey::fits(Algorithm algorithm, std::string_view id) const {
  return type_ == type_for(algorithm) && algorithm_.value_or(algorithm) == algorithm &&
         (id.empty() || id_.empty() || id == id_);
}

bool TokenKey::verify(Algorithm algorithm,
                      std::string_view text,
                      std::string_view signature) const {
  const ErrorsCleared cleared;
  if (type_ == Type::secret) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> expected;
    unsigned size = 0;
    if (HMAC(digest_for(algorithm),
             secret_.data(),
             static_cast<int>(secret_.size()),
             bytes_of(text),
             text.size(),
             expected.data(),
             &size) == nullptr)
      return false;
    return signature.size() == size && CRYPTO_memcmp(signature.data(), expected.data(), size) == 0;
  }
  const std::string der = type_ == Type::p256 ? der_signature(signature) : std::string(signature);
  const DigestContext context(EVP_MD_CTX_new());
  return !der.empty() && context &&
         EVP_DigestVerifyInit(
             context.get(), nullptr, digest_for(algorithm), nullptr, pkey_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(der), der.size(), bytes_of(text), text.size()) ==
             1;
}

}  // namespace duplex::realtime
