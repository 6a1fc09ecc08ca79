// From a token's text to what it says: signature first, then claims.
#include "realtime/token.h"

#include "realtime/base64url.h"
#include "realtime/token_claims.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace duplex::realtime {

namespace {

namespace json = boost::json;

// A token's three parts as they stand there.
struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // the first two with their dot
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Parts{.header = token.substr(0, first),
               .payload = token.substr(first + 1, second - first - 1),
               .signature = token.substr(second + 1),
               .signed_text = token.substr(0, second)};
}

// What a header says; nothing if it is none that can be understood.
struct Header {
  std::string algorithm;
  std::string key_id;
};

std::optional<Header> read_header(std::string_view part) {
  const auto text = decode_base64url(part);
  if (!text) return std::nullopt;
  const auto object = parse_claims(*text);
  // `crit` names extensions that must be understood: none is.
  if (!object || object->contains("crit")) return std::nullopt;
  const json::value* algorithm = object->if_contains("alg");
  const json::value* key_id = object->if_contains("kid");
  if (algorithm == nullptr || !algorithm->is_string()) return std::nullopt;
  if (key_id != nullptr && !key_id->is_string()) return std::nullopt;
  return Header{.algorithm = std::string(algorithm->get_string()),
                .key_id = key_id == nullptr ? std::string() : std::string(key_id->get_string())};
}

bool is_signed(const Parts& parts,
               Algorithm algorithm,
               std::string_view key_id,
               const TokenTrust& trust) {
  const auto signature = decode_base64url(parts.signature);
  return signature && std::ranges::any_of(trust.keys, [&](const TokenKey& key) {
           return key.fits(algorithm, key_id) &&
                  key.verify(algorithm, parts.signed_text, *signature);
         });
}

}  // namespace

std::expected<TokenClaims, TokenFault> read_token(std::string_view token,
                                                  const TokenTrust& trust,
                                                  std::int64_t now_s) {
  if (token.size() > token_bytes_max) return std::unexpected(TokenFault::malformed);
  const auto parts = split(token);
  const auto header = parts ? read_header(parts->header) : std::nullopt;
  if (!header) return std::unexpected(TokenFault::malformed);
  const auto algorithm = algorithm_named(header->algorithm);
  if (!algorithm) return std::unexpected(TokenFault::algorithm);
  if (!is_signed(*parts, *algorithm, header->key_id, trust))
    return std::unexpected(TokenFault::signature);
  const auto payload = decode_base64url(parts->payload);
  if (!payload) return std::unexpected(TokenFault::malformed);
  return read_claims(*payload, trust, now_s);
}

}  // namespace duplex::realtime
