// Keys that programs show at a door: `Authorization: Bearer <key>` or `X-API-Key: <key>`.
#pragma once

#include "ws/http_message.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// What follows "Bearer " in the Authorization field; empty if there is no such thing.
std::string_view bearer_token(const HttpRequest& request);

// Keeps digests only, so that all keys are of one size and a comparison takes the same time for
// each. Thread: any; immutable.
class ApiKeys {
 public:
  // Empty keys do not count.
  explicit ApiKeys(std::span<const std::string> keys);

  // Without keys nobody comes in.
  bool is_empty() const { return digests_.empty(); }
  bool knows(std::string_view key) const;
  // Nothing if the request shows one of the keys; else 401, or 403 if there are none, with
  // `directive` as what has to be configured.
  std::optional<HttpResponse> refusal(const HttpRequest& request, std::string_view directive) const;

 private:
  std::vector<std::string> digests_;
};

}  // namespace duplex::ws
