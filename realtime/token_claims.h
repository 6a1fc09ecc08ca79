// The claims inside a token whose signature is known to be good.
#pragma once

#include "realtime/token.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace duplex::realtime {

// A part of a token; nothing if it is not a JSON object, or too deep.
std::optional<boost::json::object> parse_claims(std::string_view text);

// Looks at times, audience and issuer, and takes the rest over. `payload` is JSON text.
std::expected<TokenClaims, TokenFault> read_claims(std::string_view payload,
                                                   const TokenTrust& trust,
                                                   std::int64_t now_s);

}  // namespace duplex::realtime
