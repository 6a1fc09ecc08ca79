// What a token's capabilities cover.
#include "realtime/identity.h"

#include "base/glob.h"

#include <algorithm>

namespace duplex::realtime {

bool Capability::matches(std::string_view channel) const {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return is_exact ? pattern == channel : base::glob_match(pattern, channel);
  });
}

}  // namespace duplex::realtime
