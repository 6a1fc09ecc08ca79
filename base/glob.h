// Glob patterns as KEYS, SCAN MATCH and PSUBSCRIBE understand them.
#pragma once

#include <string_view>

namespace duplex::base {

enum class GlobCase { sensitive, insensitive };

// Tells whether the whole of `text` matches `pattern`: `*`, `?`, `[abc]`, `[^a-z]`, `\x`.
// Runs in O(pattern * text) at worst; an unclosed class ends at the pattern's end.
bool glob_match(std::string_view pattern,
                std::string_view text,
                GlobCase letters = GlobCase::sensitive);

// True if the pattern contains nothing that glob_match() treats specially.
bool glob_is_literal(std::string_view pattern);

}  // namespace duplex::base
