// The keys that tokens are checked with now, and what else they have to say.
#pragma once

#include "base/mutex.h"
#include "realtime/token_key.h"

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// A file of keys with more than this is refused.
inline constexpr std::size_t jwks_keys_max = 100;

// The keys of a JWK Set (RFC 7517): RSA, EC on P-256, OKP on Ed25519 and oct. Keys of other kinds
// and keys for other purposes are passed over. The error is a sentence for the operator.
std::expected<std::vector<TokenKey>, std::string> parse_jwks(std::string_view text);

// Whom the server believes. Immutable once shared.
struct TokenTrust {
  std::vector<TokenKey> keys;  // none: no token is valid
  std::string audience;        // that must be among a token's `aud`; empty: any
  std::string issuer;          // that must be a token's `iss`; empty: any
};

// Thread: any.
class TokenKeyring {
 public:
  std::shared_ptr<const TokenTrust> current() const {
    const base::MutexLock lock(mutex_);
    return trust_;
  }
  void replace(TokenTrust trust) {
    auto next = std::make_shared<const TokenTrust>(std::move(trust));
    const base::MutexLock lock(mutex_);
    trust_.swap(next);
  }

 private:
  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::shared_ptr<const TokenTrust> trust_ DUPLEX_GUARDED_BY(mutex_) =
      std::make_shared<const TokenTrust>();
};

}  // namespace duplex::realtime
