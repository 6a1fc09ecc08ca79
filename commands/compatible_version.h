// The version of Redis whose behaviour this server follows, as clients look for it.
#pragma once

#include <string_view>

namespace duplex::commands {

inline constexpr std::string_view compatible_version = "7.2.4";
inline constexpr int compatible_version_number = 0x00070204;

}  // namespace duplex::commands
