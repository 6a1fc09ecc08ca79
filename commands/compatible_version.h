// The version of Redis whose behaviour this server follows, as clients look for it.
#pragma once

#include <string_view>

namespace duplex::commands {

inline constexpr std::string_view compatible_version = "7.2.4";

}  // namespace duplex::commands
