// A key that the signatures of tokens are checked with.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace duplex::realtime {

// How a token is signed (RFC 7518, RFC 8037).
enum class Algorithm : std::uint8_t { hs256, hs384, hs512, rs256, es256, eddsa };

// The algorithm of a token's `alg`; nothing for `none` and all others that are not accepted.
std::optional<Algorithm> algorithm_named(std::string_view name);

// A key fits the algorithms of its type only: what is public is never taken for a secret.
//
// Thread: any; immutable once made. Copies share the key.
class TokenKey {
 public:
  // The bytes of big-endian numbers, as a JWK has them. The error says what is wrong with the key.
  using Made = std::expected<TokenKey, std::string>;
  static Made secret(std::string_view bytes);
  static Made rsa(const std::string& modulus, const std::string& exponent);
  static Made p256(std::string_view x, std::string_view y);
  static Made ed25519(std::string_view public_key);

  // Narrows the key to one algorithm and to tokens that name it.
  void set_id(std::string id) { id_ = std::move(id); }
  void set_algorithm(Algorithm algorithm) { algorithm_ = algorithm; }

  // Whether a token with this algorithm and key id (empty: it names none) may be checked with it.
  bool fits(Algorithm algorithm, std::string_view id) const;
  // Requires: fits(algorithm, …).
  bool verify(Algorithm algorithm, std::string_view text, std::string_view signature) const;

 private:
  enum class Type : std::uint8_t { secret, rsa, p256, ed25519 };
  using Pkey = std::shared_ptr<evp_pkey_st>;

  TokenKey(Type type, Pkey pkey) : type_(type), pkey_(std::move(pkey)) {}
  static Type type_for(Algorithm algorithm);

  Type type_;
  Pkey pkey_;           // null for secrets
  std::string secret_;  // empty for the others
  std::string id_;      // empty: of every token
  std::optional<Algorithm> algorithm_;
};

}  // namespace duplex::realtime
