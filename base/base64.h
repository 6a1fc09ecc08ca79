// Base64 (RFC 4648, section 4), encoding only.
#pragma once

#include <string>
#include <string_view>

namespace duplex::base {

std::string base64(std::string_view bytes);

}  // namespace duplex::base
