// Base64 (RFC 4648, section 4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace duplex::base {

std::string base64(std::string_view bytes);

// Nothing if the text has other characters or a wrong length; the padding may be missing.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace duplex::base
