// CRC-64 with eight tables, eight bytes per step, and with carry-less multiplication for long
// texts.
#include "rdb/crc64.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace duplex::rdb {

namespace {

// 0xad93d23594c935a9 with its bits in reverse.
constexpr std::uint64_t polynomial = 0x95ac9329ac4bc9b5u;
constexpr std::size_t step_bytes = 8;

using Table = std::array<std::uint64_t, 256>;

// A polynomial times x. The highest bit is the constant term.
constexpr std::uint64_t times_x(std::uint64_t value) {
  return (value & 1) != 0 ? (value >> 1) ^ polynomial : value >> 1;
}

// tables[n][b]: the checksum of byte b followed by n zero bytes.
constexpr std::array<Table, step_bytes> make_tables() {
  std::array<Table, step_bytes> tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = times_x(crc);
    tables[0][byte] = crc;
  }
  for (std::size_t n = 1; n < step_bytes; ++n)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[n - 1][byte];
      tables[n][byte] = tables[0][before & 0xff] ^ (before >> 8);
    }
  return tables;
}

constexpr auto tables = make_tables();

static_assert(std::endian::native == std::endian::little, "the steps read little-endian words");

std::uint64_t by_tables(std::uint64_t crc, std::string_view bytes) {
  while (bytes.size() >= step_bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), step_bytes);
    word ^= crc;
    crc = 0;
    for (std::size_t n = 0; n < step_bytes; ++n)
      crc ^= tables[step_bytes - 1 - n][(word >> (8 * n)) & 0xff];
    bytes.remove_prefix(step_bytes);
  }
  for (const char c : bytes)
    crc = tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return crc;
}

#if defined(__x86_64__)

constexpr std::size_t block_bytes = 16;
constexpr std::size_t lanes = 4;
constexpr std::size_t stride_bytes = lanes * block_bytes;

// x to the power of `exponent`.
constexpr std::int64_t power_of_x(int exponent) {
  std::uint64_t value = std::uint64_t{1} << 63;
  for (int i = 0; i < exponent; ++i)
    value = times_x(value);
  return static_cast<std::int64_t>(value);
}

// What moves a block of 128 bits forward by `bits`: for its first half, which is 64 bits further
// from the end, and for its second one. A product of two reversed numbers is one bit short.
constexpr std::int64_t forward_first(int bits) {
  return power_of_x(bits + 64 - 1);
}
constexpr std::int64_t forward_second(int bits) {
  return power_of_x(bits - 1);
}

__attribute__((target("pclmul"))) inline __m128i load(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

__attribute__((target("pclmul"))) inline __m128i fold(__m128i block, __m128i by, __m128i next) {
  return _mm_xor_si128(
      _mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), _mm_clmulepi64_si128(block, by, 0x11)),
      next);
}

// Folds the text into a block that has the same checksum. Requires: at least stride_bytes.
__attribute__((target("pclmul"))) std::uint64_t by_multiplication(std::uint64_t crc,
                                                                  std::string_view bytes) {
  constexpr int stride_bits = 8 * stride_bytes;
  constexpr int block_bits = 8 * block_bytes;
  const __m128i by_stride = _mm_set_epi64x(forward_second(stride_bits), forward_first(stride_bits));
  const __m128i by_block = _mm_set_epi64x(forward_second(block_bits), forward_first(block_bits));
  const char* at = bytes.data();
  __m128i first = _mm_xor_si128(load(at), _mm_set_epi64x(0, static_cast<std::int64_t>(crc)));
  __m128i second = load(at + block_bytes);
  __m128i third = load(at + 2 * block_bytes);
  __m128i fourth = load(at + 3 * block_bytes);
  bytes.remove_prefix(stride_bytes);
  while (bytes.size() >= stride_bytes) {
    at = bytes.data();
    first = fold(first, by_stride, load(at));
    second = fold(second, by_stride, load(at + block_bytes));
    third = fold(third, by_stride, load(at + 2 * block_bytes));
    fourth = fold(fourth, by_stride, load(at + 3 * block_bytes));
    bytes.remove_prefix(stride_bytes);
  }
  __m128i block = fold(fold(fold(first, by_block, second), by_block, third), by_block, fourth);
  while (bytes.size() >= block_bytes) {
    block = fold(block, by_block, load(bytes.data()));
    bytes.remove_prefix(block_bytes);
  }
  char folded[block_bytes];
  std::memcpy(folded, &block, sizeof folded);
  return by_tables(by_tables(0, {folded, sizeof folded}), bytes);
}

#endif

}  // namespace

std::uint64_t crc64(std::uint64_t crc, std::string_view bytes) {
#if defined(__x86_64__)
  if (bytes.size() >= stride_bytes && __builtin_cpu_supports("pclmul") != 0)
    return by_multiplication(crc, bytes);
#endif
  return by_tables(crc, bytes);
}

}  // namespace duplex::rdb
