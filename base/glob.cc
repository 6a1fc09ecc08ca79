// Glob matching without recursion: only the last `*` can be worth going back to.
#include "base/glob.h"

#include <cstddef>
#include <optional>
#include <utility>

namespace duplex::base {

namespace {

unsigned char folded(char c, GlobCase letters) {
  const auto byte = static_cast<unsigned char>(c);
  if (letters == GlobCase::sensitive || byte < 'A' || byte > 'Z') return byte;
  return static_cast<unsigned char>(byte + ('a' - 'A'));
}

// One class `[...]`, `at` standing behind the `[`. Leaves `at` behind the class.
bool class_matches(std::string_view pattern, std::size_t& at, char c, GlobCase letters) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  const unsigned char wanted = folded(c, letters);
  while (at < pattern.size() && pattern[at] != ']') {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found |= folded(pattern[at], letters) == wanted;
      ++at;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      unsigned char low = folded(pattern[at], letters);
      unsigned char high = folded(pattern[at + 2], letters);
      if (low > high) std::swap(low, high);
      found |= low <= wanted && wanted <= high;
      at += 3;
    } else {
      found |= folded(pattern[at], letters) == wanted;
      ++at;
    }
  }
  if (at < pattern.size()) ++at;  // the ']'
  return found != negated;
}

// Matches one character of text against one item of the pattern that is not `*`.
bool item_matches(std::string_view pattern, std::size_t& at, char c, GlobCase letters) {
  switch (pattern[at]) {
    case '?':
      ++at;
      return true;
    case '[':
      ++at;
      return class_matches(pattern, at, c, letters);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      break;
    default:
      break;
  }
  return folded(pattern[at++], letters) == folded(c, letters);
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text, GlobCase letters) {
  if (text.empty()) return pattern.empty();  // as in Redis: not even a star matches nothing at all
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> star;  // where to go on in the pattern behind the last '*'
  std::size_t star_text = 0;        // how much of the text that '*' has taken
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    if (p < pattern.size() && item_matches(pattern, p, text[t], letters)) {
      ++t;
      continue;
    }
    if (!star) return false;
    p = *star;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

bool glob_is_literal(std::string_view pattern) {
  return pattern.find_first_of("*?[\\") == std::string_view::npos;
}

}  // namespace duplex::base
