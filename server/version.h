// Who we say we are.
#pragma once

#include <string_view>

namespace duplex::server {

inline constexpr std::string_view duplex_version = "0.1.0";
// What clients test for: the version of Redis whose commands and replies are spoken.
inline constexpr std::string_view redis_version = "7.2.4";

}  // namespace duplex::server
