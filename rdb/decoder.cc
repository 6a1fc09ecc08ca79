// Taking primitives, suspicious of every length.
#include "rdb/decoder.h"

#include "base/numbers.h"

#include <bit>
#include <cstring>
#include <limits>
#include <lzf.h>

namespace duplex::rdb {

namespace {

constexpr std::string_view ends_early = "the data ends in the middle";

constexpr std::uint8_t encoding_int8 = 0;
constexpr std::uint8_t encoding_int16 = 1;
constexpr std::uint8_t encoding_int32 = 2;
constexpr std::uint8_t encoding_lzf = 3;

constexpr std::uint8_t length_32_bits = 0x80;
constexpr std::uint8_t length_64_bits = 0x81;

// Three bytes of LZF stand for at most this many: so a longer claim is a lie.
constexpr std::uint64_t lzf_ratio_max = 264 / 3 + 1;

template <typename Integer>
Integer big_endian(std::string_view bytes) {
  Integer value = 0;
  for (const char c : bytes)
    value = static_cast<Integer>((value << 8) | static_cast<unsigned char>(c));
  return value;
}

}  // namespace

Decoded<std::string_view> Decoder::raw(std::size_t bytes) {
  if (bytes > left()) return std::unexpected(ends_early);
  const std::string_view taken = bytes_.substr(offset_, bytes);
  offset_ += bytes;
  return taken;
}

Decoded<std::uint8_t> Decoder::byte() {
  const auto taken = raw(1);
  if (!taken) return std::unexpected(taken.error());
  return static_cast<std::uint8_t>((*taken)[0]);
}

template <typename Integer>
Decoded<Integer> Decoder::little_endian() {
  static_assert(std::endian::native == std::endian::little);
  const auto taken = raw(sizeof(Integer));
  if (!taken) return std::unexpected(taken.error());
  Integer value{};
  std::memcpy(&value, taken->data(), sizeof value);
  return value;
}

Decoded<std::int32_t> Decoder::int32() {
  return little_endian<std::int32_t>();
}
Decoded<std::int64_t> Decoder::int64() {
  return little_endian<std::int64_t>();
}

Decoded<Decoder::Length> Decoder::any_length() {
  const auto first = byte();
  if (!first) return std::unexpected(first.error());
  const std::uint64_t low_bits = *first & 0x3fu;
  switch (*first >> 6) {
    case 0:
      return Length{low_bits, false};
    case 1: {
      const auto second = byte();
      if (!second) return std::unexpected(second.error());
      return Length{low_bits << 8 | *second, false};
    }
    case 3:
      return Length{low_bits, true};
    default:
      break;
  }
  if (*first != length_32_bits && *first != length_64_bits)
    return std::unexpected("the form of a length is unknown");
  const auto taken = raw(*first == length_32_bits ? 4 : 8);
  if (!taken) return std::unexpected(taken.error());
  return Length{big_endian<std::uint64_t>(*taken), false};
}

Decoded<std::uint64_t> Decoder::length() {
  const auto found = any_length();
  if (!found) return std::unexpected(found.error());
  if (found->is_encoding) return std::unexpected("a length is expected, not an encoded string");
  return found->value;
}

Decoded<std::string_view> Decoder::string(std::string& scratch) {
  const auto found = any_length();
  if (!found) return std::unexpected(found.error());
  if (!found->is_encoding) {
    if (found->value > left()) return std::unexpected("a string is longer than what is left");
    return raw(static_cast<std::size_t>(found->value));
  }
  switch (found->value) {
    case encoding_int8:
      return integer_text<std::int8_t>(scratch);
    case encoding_int16:
      return integer_text<std::int16_t>(scratch);
    case encoding_int32:
      return integer_text<std::int32_t>(scratch);
    case encoding_lzf:
      return compressed(scratch);
    default:
      return std::unexpected("the encoding of a string is unknown");
  }
}

template <typename Integer>
Decoded<std::string_view> Decoder::integer_text(std::string& scratch) {
  const auto value = little_endian<Integer>();
  if (!value) return std::unexpected(value.error());
  scratch.resize(base::int64_digits_max);
  scratch.resize(base::write_int64(*value, scratch.data()));
  return scratch;
}

Decoded<std::string_view> Decoder::compressed(std::string& scratch) {
  const auto packed_bytes = length();
  if (!packed_bytes) return std::unexpected(packed_bytes.error());
  const auto bytes = length();
  if (!bytes) return std::unexpected(bytes.error());
  constexpr std::uint64_t lzf_bytes_max = std::numeric_limits<unsigned int>::max();
  if (*packed_bytes > left()) return std::unexpected("a string is longer than what is left");
  if (*packed_bytes > lzf_bytes_max || *bytes > lzf_bytes_max ||
      *bytes > *packed_bytes * lzf_ratio_max || *bytes == 0)
    return std::unexpected("the length of a compressed string is impossible");
  const std::string_view packed = *raw(static_cast<std::size_t>(*packed_bytes));
  scratch.resize(static_cast<std::size_t>(*bytes));
  const unsigned int unpacked = lzf_decompress(packed.data(),
                                               static_cast<unsigned int>(packed.size()),
                                               scratch.data(),
                                               static_cast<unsigned int>(scratch.size()));
  if (unpacked != scratch.size()) return std::unexpected("a compressed string is damaged");
  return scratch;
}

}  // namespace duplex::rdb
