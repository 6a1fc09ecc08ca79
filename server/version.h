// Who we say we are.
#pragma once

#include <string_view>

#include "commands/compatible_version.h"

namespace duplex::server {

inline constexpr std::string_view program_name = "duplex-server";
inline constexpr std::string_view duplex_version = "0.1.0";
// What clients test for: the version of Redis whose commands and replies are spoken.
inline constexpr std::string_view redis_version = commands::compatible_version;

}  // namespace duplex::server
