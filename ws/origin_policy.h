// Which web pages may open a WebSocket here.
#pragma once

#include "ws/http_message.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

// A browser names the page's origin, and a script cannot change it: so this keeps foreign pages
// from using their visitors' networks. It does not keep programs out, which send any origin or
// none; for them there are the channel rules.
//
// Thread: any; immutable.
class OriginPolicy {
 public:
  // Globs of origins ("https://*.example.com", "*"); none: only pages from the host that the
  // request itself names.
  explicit OriginPolicy(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}

  bool allows(const HttpRequest& request) const;

 private:
  std::vector<std::string> allowed_;
};

}  // namespace duplex::ws
