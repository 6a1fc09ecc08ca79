// Case-insensitive comparison of ASCII words, as option names need it.
#pragma once

#include <string>
#include <string_view>

namespace duplex::base {

inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
inline char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

inline std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = lower(c);
  return result;
}

inline std::string uppered(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    c = upper(c);
  return result;
}

}  // namespace duplex::base
