// Compression of HTTP bodies.
#pragma once

#include <string>
#include <string_view>

namespace duplex::ws {

// The bytes in gzip's format, made fast rather than small.
std::string gzip(std::string_view bytes);

}  // namespace duplex::ws
