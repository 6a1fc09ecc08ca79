// Strings as bits, the first one being the highest bit of the first byte.
#pragma once

#include "commands/index_range.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace duplex::commands {

// How many bits of the range are 1. Requires: the range, in bits, lies within the bytes.
std::uint64_t count_ones(std::string_view bytes, IndexRange bits);

// Where the first bit of this value stands in the range, counted from the first bit of all; the end
// of the range if there is none.
std::size_t find_bit(std::string_view bytes, bool value, IndexRange bits);

enum class BitOperation : std::uint8_t { conjunction, disjunction, exclusive, negation };

// Combines the sources into `out`, as if they were all as long as it, with zero bytes behind their
// ends. Negation takes one source. Requires: no source is longer than `out`, at least one source.
void combine_bits(BitOperation operation,
                  std::span<const std::string_view> sources,
                  std::span<char> out);

// Integers of 1 to 64 bits at any bit; bits beyond the end read as 0.
std::uint64_t read_bits(std::string_view bytes, std::uint64_t offset, unsigned width);
// Requires: all the bits are within `bytes`.
void write_bits(char* bytes, std::uint64_t offset, unsigned width, std::uint64_t value);

}  // namespace duplex::commands
