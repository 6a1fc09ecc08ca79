// JSON Web Tokens (RFC 7519): checking them, and what they say.
//
// Described for operators in docs/tokens.md.
#pragma once

#include "realtime/identity.h"
#include "realtime/token_keyring.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::realtime {

inline constexpr std::size_t token_bytes_max = 16 * 1024;
// How far the clocks of the issuer and of this server may differ.
inline constexpr std::int64_t token_leeway_s = 5;

// Why a token is not accepted.
enum class TokenFault : std::uint8_t {
  malformed,  // not a token, or claims of the wrong type
  algorithm,  // one that is not accepted
  signature,  // no key has made it
  expired,
  not_yet,   // `nbf` or `iat` lies in the future
  audience,  // for somebody else
  issuer,    // from somebody else
};

// Thread: a value.
struct TokenClaims {
  Identity identity;
  std::string channel;  // of tokens that open one channel; empty: a connection's
};

// Checks a token and reads it. `now_s`: seconds since 1970. Thread: any.
std::expected<TokenClaims, TokenFault> read_token(std::string_view token,
                                                  const TokenTrust& trust,
                                                  std::int64_t now_s);

// A pattern of `caps` for one user: `{sub}` becomes the name, whose characters stand for
// themselves. Empty if the pattern asks for a name and there is none.
std::string pattern_for(std::string_view pattern, std::string_view user, bool is_exact);

}  // namespace duplex::realtime
