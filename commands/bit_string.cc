// Strings as bits, the first one being the highest bit of the first byte.
#include "commands/bit_string.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace duplex::commands {

namespace {

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

std::uint64_t load_word(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, word_bytes);
  return word;
}

void store_word(char* at, std::uint64_t word) {
  std::memcpy(at, &word, word_bytes);
}

// Eight bytes with their first bit as the highest of the number.
std::uint64_t load_in_order(const char* at) {
  const std::uint64_t word = load_word(at);
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

// Up to eight bytes in the same way, zeros behind them.
std::uint64_t load_in_order(std::string_view bytes) {
  char padded[word_bytes] = {};
  std::memcpy(padded, bytes.data(), std::min(bytes.size(), word_bytes));
  return load_in_order(padded);
}

// Passes words that are all `uniform`, four at a time; returns where the next one may be another.
std::size_t skip_words(std::string_view bytes, std::size_t at, std::uint64_t uniform) {
  constexpr std::size_t step = 4 * word_bytes;
  for (; at + step <= bytes.size(); at += step) {
    std::uint64_t differences = 0;
    for (std::size_t i = 0; i < step; i += word_bytes)
      differences |= load_word(bytes.data() + at + i) ^ uniform;
    if (differences != 0) break;
  }
  return at;
}

// Inlined into the functions below, which differ in the instructions they may use.
[[gnu::always_inline]] inline std::uint64_t count_in(const char* at, std::size_t size) {
  std::uint64_t counts[4] = {};
  for (; size >= 4 * word_bytes; at += 4 * word_bytes, size -= 4 * word_bytes)
    for (std::size_t i = 0; i < 4; ++i)
      counts[i] += static_cast<unsigned>(__builtin_popcountll(load_word(at + i * word_bytes)));
  for (; size >= word_bytes; at += word_bytes, size -= word_bytes)
    counts[0] += static_cast<unsigned>(__builtin_popcountll(load_word(at)));
  for (; size > 0; ++at, --size)
    counts[1] += static_cast<unsigned>(__builtin_popcount(static_cast<unsigned char>(*at)));
  return counts[0] + counts[1] + counts[2] + counts[3];
}

std::uint64_t count_portably(const char* at, std::size_t size) {
  return count_in(at, size);
}

#if defined(__x86_64__)
[[gnu::target("popcnt")]] std::uint64_t count_by_instruction(const char* at, std::size_t size) {
  return count_in(at, size);
}
const bool has_instruction = __builtin_cpu_supports("popcnt") != 0;
#endif

std::uint64_t count_bytes(std::string_view bytes) {
#if defined(__x86_64__)
  if (has_instruction) [[likely]]
    return count_by_instruction(bytes.data(), bytes.size());
#endif
  return count_portably(bytes.data(), bytes.size());
}

// Ones in the places [from, to) of a byte, 0 being the highest.
unsigned mask(std::size_t from, std::size_t to) {
  return (0xffu >> from) & (0xff00u >> to) & 0xffu;
}

std::uint64_t combine_words(BitOperation operation, std::uint64_t a, std::uint64_t b) {
  switch (operation) {
    case BitOperation::conjunction:
      return a & b;
    case BitOperation::disjunction:
      return a | b;
    case BitOperation::exclusive:
      return a ^ b;
    case BitOperation::negation:
      return ~b;
  }
  return b;
}

template <BitOperation operation>
void combine_into(char* out, const char* source, std::size_t size) {
  std::size_t at = 0;
  for (; at + word_bytes <= size; at += word_bytes)
    store_word(out + at, combine_words(operation, load_word(out + at), load_word(source + at)));
  for (; at < size; ++at)
    out[at] = static_cast<char>(combine_words(
        operation, static_cast<unsigned char>(out[at]), static_cast<unsigned char>(source[at])));
}

void combine_into(BitOperation operation, char* out, const char* source, std::size_t size) {
  switch (operation) {
    case BitOperation::conjunction:
      return combine_into<BitOperation::conjunction>(out, source, size);
    case BitOperation::disjunction:
      return combine_into<BitOperation::disjunction>(out, source, size);
    case BitOperation::exclusive:
      return combine_into<BitOperation::exclusive>(out, source, size);
    case BitOperation::negation:
      return combine_into<BitOperation::negation>(out, source, size);
  }
}

}  // namespace

std::uint64_t count_ones(std::string_view bytes, IndexRange bits) {
  const std::size_t end = bits.first + bits.count;
  const std::size_t first_byte = bits.first / 8;
  const std::size_t last_byte = (end - 1) / 8;
  const std::size_t from = bits.first % 8;
  const std::size_t to = (end - 1) % 8 + 1;
  const auto count_in_byte = [&](std::size_t at, unsigned wanted) {
    const auto found = static_cast<unsigned char>(bytes[at]) & wanted;
    return static_cast<std::uint64_t>(std::popcount(found));
  };
  if (first_byte == last_byte) return count_in_byte(first_byte, mask(from, to));
  return count_in_byte(first_byte, mask(from, 8)) + count_in_byte(last_byte, mask(0, to)) +
         count_bytes(bytes.substr(first_byte + 1, last_byte - first_byte - 1));
}

std::size_t find_bit(std::string_view bytes, bool value, IndexRange bits) {
  const std::size_t end = bits.first + bits.count;
  // Looking for ones in the bytes or in their complement.
  const std::uint64_t flip = value ? 0 : ~std::uint64_t{0};
  std::size_t at = bits.first / 8;
  std::uint64_t word = load_in_order(bytes.substr(at)) ^ flip;
  word &= ~std::uint64_t{0} >> (bits.first % 8);
  while (word == 0) {
    at = skip_words(bytes, at + word_bytes, flip);
    if (at * 8 >= end) return end;
    word = load_in_order(bytes.substr(at)) ^ flip;
  }
  return std::min(at * 8 + static_cast<std::size_t>(std::countl_zero(word)), end);
}

void combine_bits(BitOperation operation,
                  std::span<const std::string_view> sources,
                  std::span<char> out) {
  // In blocks that stay in the cache while the sources pass by.
  constexpr std::size_t block_bytes = std::size_t{16} << 10;
  for (std::size_t start = 0; start < out.size(); start += block_bytes) {
    const std::span<char> block = out.subspan(start, std::min(block_bytes, out.size() - start));
    bool first = true;
    for (const std::string_view source : sources) {
      const std::string_view part = source.substr(std::min(start, source.size()), block.size());
      if (first) {
        std::fill(std::copy(part.begin(), part.end(), block.begin()), block.end(), '\0');
        if (operation == BitOperation::negation)
          combine_into(operation, block.data(), block.data(), block.size());
      } else {
        combine_into(operation, block.data(), part.data(), part.size());
        if (operation == BitOperation::conjunction)
          std::fill(block.begin() + static_cast<std::ptrdiff_t>(part.size()), block.end(), '\0');
      }
      first = false;
    }
  }
}

std::uint64_t read_bits(std::string_view bytes, std::uint64_t offset, unsigned width) {
  const std::size_t at = offset / 8;
  const unsigned skipped = offset % 8;
  if (at >= bytes.size()) return 0;
  const std::string_view from = bytes.substr(at);
  std::uint64_t word = load_in_order(from) << skipped;
  // A wide integer that begins within a byte may end in a ninth one.
  if (skipped != 0 && from.size() > word_bytes)
    word |=
        static_cast<std::uint64_t>(static_cast<unsigned char>(from[word_bytes])) >> (8 - skipped);
  return word >> (64 - width);
}

void write_bits(char* bytes, std::uint64_t offset, unsigned width, std::uint64_t value) {
  // From the last byte to the first, as many bits as belong to each.
  std::uint64_t end = offset + width;
  while (width > 0) {
    char& byte = bytes[(end - 1) / 8];
    const auto to = static_cast<unsigned>((end - 1) % 8 + 1);
    const unsigned count = std::min(width, to);
    const unsigned places = mask(to - count, to);
    const unsigned bits = static_cast<unsigned>(value << (8 - to)) & places;
    byte = static_cast<char>((static_cast<unsigned char>(byte) & ~places) | bits);
    value >>= count;
    end -= count;
    width -= count;
  }
}

}  // namespace duplex::commands
