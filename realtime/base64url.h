// Base64 with the alphabet for addresses and without padding (RFC 4648, section 5), as tokens have
// it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace duplex::realtime {

// The bytes of the text; nothing if it is not in the one canonical form.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace duplex::realtime
