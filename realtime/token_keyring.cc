// Reading JWK Sets.
#include "realtime/token_keyring.h"

#include "realtime/base64url.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace duplex::realtime {

namespace {

namespace json = boost::json;

// The text of a member; empty if it is missing or something else.
std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

// Whether the key is for checking signatures, as far as it says.
bool is_for_signatures(const json::object& jwk) {
  const std::string_view use = text_of(jwk, "use");
  if (!use.empty() && use != "sig") return false;
  const json::value* operations = jwk.if_contains("key_ops");
  if (operations == nullptr) return true;
  const json::array* list = operations->if_array();
  return list != nullptr && std::ranges::any_of(*list, [](const json::value& operation) {
           const json::string* text = operation.if_string();
           return text != nullptr && (*text == "verify" || *text == "sign");
         });
}

std::optional<std::string> bytes_of(const json::object& jwk, std::string_view name) {
  const auto bytes = decode_base64url(text_of(jwk, name));
  return bytes && !bytes->empty() ? bytes : std::nullopt;
}

// The key; nothing if it is of a kind that is passed over.
std::optional<TokenKey::Made> make_key(const json::object& jwk) {
  const auto missing = [](std::string_view names) {
    return TokenKey::Made(std::unexpected(fmt::format("{} missing or not base64url", names)));
  };
  const std::string_view type = text_of(jwk, "kty");
  const std::string_view curve = text_of(jwk, "crv");
  if (type == "oct") {
    const auto secret = bytes_of(jwk, "k");
    return secret ? TokenKey::secret(*secret) : missing("'k' is");
  }
  if (type == "RSA") {
    const auto modulus = bytes_of(jwk, "n");
    const auto exponent = bytes_of(jwk, "e");
    return modulus && exponent ? TokenKey::rsa(*modulus, *exponent) : missing("'n' or 'e' is");
  }
  if (type == "EC" && curve == "P-256") {
    const auto x = bytes_of(jwk, "x");
    const auto y = bytes_of(jwk, "y");
    return x && y ? TokenKey::p256(*x, *y) : missing("'x' or 'y' is");
  }
  if (type == "OKP" && curve == "Ed25519") {
    const auto x = bytes_of(jwk, "x");
    return x ? TokenKey::ed25519(*x) : missing("'x' is");
  }
  return std::nullopt;
}

}  // namespace

std::expected<std::vector<TokenKey>, std::string> parse_jwks(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), error);
  const json::object* object = error ? nullptr : parsed.if_object();
  const json::value* value = object == nullptr ? nullptr : object->if_contains("keys");
  const json::array* list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr) return std::unexpected("it is not a JSON object with a list 'keys'");
  if (list->size() > jwks_keys_max) return std::unexpected("it has more than 100 keys");
  std::vector<TokenKey> keys;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const json::object* jwk = (*list)[i].if_object();
    if (jwk == nullptr) return std::unexpected(fmt::format("key {} is not an object", i + 1));
    const std::string_view name = text_of(*jwk, "alg");
    const auto algorithm = algorithm_named(name);
    if (!is_for_signatures(*jwk) || (!name.empty() && !algorithm)) continue;
    auto made = make_key(*jwk);
    if (!made) continue;
    if (!*made) return std::unexpected(fmt::format("key {}: {}", i + 1, made->error()));
    TokenKey& key = made->value();
    key.set_id(std::string(text_of(*jwk, "kid")));
    if (algorithm) key.set_algorithm(*algorithm);
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return std::unexpected("it has no key that can check a signature");
  return keys;
}

}  // namespace duplex::realtime
