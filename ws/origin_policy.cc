// Comparing the Origin field with the configuration and with the Host field.
#include "ws/origin_policy.h"

#include "base/glob.h"
#include "base/text.h"

namespace duplex::ws {

namespace {

// host:port with the scheme's port filled in, as Host leaves it out where it is the usual one.
std::string with_port(std::string_view authority, bool is_https) {
  std::string result = base::lowered(authority);
  const std::size_t host_end = result.starts_with('[') ? result.find(']') : 0;
  if (host_end == std::string::npos || result.find(':', host_end) == std::string::npos)
    result += is_https ? ":443" : ":80";
  return result;
}

bool is_same_host(std::string_view origin, std::string_view host) {
  const bool is_https = origin.starts_with("https://");
  if (!is_https && !origin.starts_with("http://")) return false;
  const std::string_view authority = origin.substr(origin.find("://") + 3);
  return !host.empty() && with_port(authority, is_https) == with_port(host, is_https);
}

}  // namespace

bool OriginPolicy::allows(const HttpRequest& request) const {
  if (!request.has_field("Origin")) return true;
  const std::string_view origin = request.field("Origin");
  if (allowed_.empty()) return is_same_host(origin, request.field("Host"));
  for (const std::string& pattern : allowed_)
    if (base::glob_match(pattern, origin, base::GlobCase::insensitive)) return true;
  return false;
}

}  // namespace duplex::ws
