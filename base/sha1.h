// SHA-1: not for secrets, but for names that other servers give to the same bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace duplex::base {

inline constexpr std::size_t sha1_bytes = 20;
using Sha1Digest = std::array<std::uint8_t, sha1_bytes>;

Sha1Digest sha1(std::string_view bytes);

}  // namespace duplex::base
