// Appending primitives in their shortest form.
#include "rdb/encoder.h"

#include "base/numbers.h"

#include <cstring>
#include <limits>
#include <lzf.h>
#include <optional>

namespace duplex::rdb {

namespace {

constexpr char encoded = '\xc0';  // | the number of the encoding
constexpr std::size_t integer_text_bytes_max = 11;
constexpr std::size_t compressed_above_bytes = 20;
constexpr std::size_t saved_bytes_min = 4;

template <typename Integer>
void append_little_endian(base::Buffer& out, Integer value) {
  std::memcpy(out.prepare(sizeof value), &value, sizeof value);
  out.commit(sizeof value);
}

void append_big_endian(base::Buffer& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.append(static_cast<char>(value >> shift));
}

template <typename Integer>
bool append_if_fits(base::Buffer& out, std::int64_t value, char encoding) {
  if (value < std::numeric_limits<Integer>::min() || value > std::numeric_limits<Integer>::max())
    return false;
  out.append(static_cast<char>(encoded | encoding));
  append_little_endian(out, static_cast<Integer>(value));
  return true;
}

bool append_as_integer(base::Buffer& out, std::string_view text) {
  if (text.size() > integer_text_bytes_max) return false;
  const auto value = base::parse_int64(text);
  if (!value) return false;
  return append_if_fits<std::int8_t>(out, *value, 0) ||
         append_if_fits<std::int16_t>(out, *value, 1) ||
         append_if_fits<std::int32_t>(out, *value, 2);
}

bool append_compressed(base::Buffer& out, std::string_view text) {
  if (text.size() <= compressed_above_bytes ||
      text.size() > std::numeric_limits<unsigned int>::max())
    return false;
  base::Buffer packed;
  const std::size_t room = text.size() - saved_bytes_min;
  const unsigned int packed_bytes = lzf_compress(text.data(),
                                                 static_cast<unsigned int>(text.size()),
                                                 packed.prepare(room),
                                                 static_cast<unsigned int>(room));
  if (packed_bytes == 0) return false;
  packed.commit(packed_bytes);
  out.append(static_cast<char>(encoded | 3));
  append_length(out, packed_bytes);
  append_length(out, text.size());
  out.append(packed.view());
  return true;
}

}  // namespace

void append_length(base::Buffer& out, std::uint64_t length) {
  if (length < (1u << 6)) {
    out.append(static_cast<char>(length));
  } else if (length < (1u << 14)) {
    append_big_endian(out, length | 0x4000u, 2);
  } else if (length <= std::numeric_limits<std::uint32_t>::max()) {
    out.append('\x80');
    append_big_endian(out, length, 4);
  } else {
    out.append('\x81');
    append_big_endian(out, length, 8);
  }
}

void append_string(base::Buffer& out, std::string_view text, bool compress) {
  if (append_as_integer(out, text)) return;
  if (compress && append_compressed(out, text)) return;
  append_length(out, text.size());
  out.append(text);
}

void append_uint16(base::Buffer& out, std::uint16_t value) {
  append_little_endian(out, value);
}
void append_uint64(base::Buffer& out, std::uint64_t value) {
  append_little_endian(out, value);
}

}  // namespace duplex::rdb
