// Comparing keys by their digests.
#include "ws/api_keys.h"

#include "base/sha256.h"
#include "base/text.h"

#include <fmt/format.h>

namespace duplex::ws {

std::string_view bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view field = request.field("Authorization");
  if (!base::equals_ignoring_case(field.substr(0, scheme.size()), scheme)) return {};
  return field.substr(scheme.size());
}

ApiKeys::ApiKeys(std::span<const std::string> keys) {
  for (const std::string& key : keys)
    if (!key.empty()) digests_.push_back(base::sha256_hex(key));
}

bool ApiKeys::knows(std::string_view key) const {
  const std::string digest = base::sha256_hex(key);
  bool known = false;
  for (const std::string& candidate : digests_)
    known |= base::equal_secrets(candidate, digest);
  return known;
}

std::optional<HttpResponse> ApiKeys::refusal(const HttpRequest& request,
                                             std::string_view directive) const {
  if (is_empty())
    return http_error(403, fmt::format("closed; it needs the directive {}", directive));
  const std::string_view bearer = bearer_token(request);
  if (knows(bearer.empty() ? request.field("X-API-Key") : bearer)) return std::nullopt;
  HttpResponse response = http_error(401, "the key is missing or wrong");
  response.fields.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace duplex::ws
