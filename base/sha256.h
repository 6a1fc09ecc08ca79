// SHA-256, for secrets that are only kept as a digest.
#pragma once

#include <string>
#include <string_view>

namespace duplex::base {

// The characters of a digest in hexadecimal.
inline constexpr std::size_t sha256_hex_chars = 64;

// The digest of `bytes` in lower-case hexadecimal.
std::string sha256_hex(std::string_view bytes);

// `bytes` in lower-case hexadecimal.
std::string to_hex(std::string_view bytes);

// Compares two secrets of the same size in a time that does not depend on where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace duplex::base
