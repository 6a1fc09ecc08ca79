// What clients may call themselves and their libraries.
#pragma once

#include <algorithm>
#include <string_view>

namespace duplex::commands {

// Printable characters without blanks: CLIENT LIST separates its fields by blanks.
inline bool is_valid_client_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace duplex::commands
