// The primitives of RDB, appended to a buffer.
#pragma once

#include "base/buffer.h"

#include <cstdint>
#include <string_view>

namespace duplex::rdb {

void append_length(base::Buffer& out, std::uint64_t length);
// Integers that fit 32 bits take 2 to 5 bytes. With `compress`, a string of more than 20 bytes is
// compressed when that saves 4 bytes or more.
void append_string(base::Buffer& out, std::string_view text, bool compress);
// Little-endian.
void append_uint16(base::Buffer& out, std::uint16_t value);
void append_uint64(base::Buffer& out, std::uint64_t value);

}  // namespace duplex::rdb
