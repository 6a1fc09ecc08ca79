// One element of a listpack: how its bytes are read, skipped and written.
#pragma once

#include "base/numbers.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace duplex::store {

// What an element holds: an integer, or bytes.
struct ListpackItem {
  const char* bytes = nullptr;  // nullptr: an integer
  std::size_t bytes_size = 0;
  std::int64_t integer = 0;

  bool is_integer() const { return bytes == nullptr; }
  // The bytes, or the integer in decimal, written to `scratch` (int64_digits_max bytes).
  std::string_view text(char* scratch) const {
    if (!is_integer()) return {bytes, bytes_size};
    return {scratch, base::write_int64(integer, scratch)};
  }
  std::size_t text_size() const {
    char scratch[base::int64_digits_max];
    return text(scratch).size();
  }
};

// A text that elements are compared with; integers are compared as such.
class ListpackNeedle {
 public:
  explicit ListpackNeedle(std::string_view text);

  bool matches(const ListpackItem& item) const {
    // Bytes from others may hold an integer as text; that is found as well.
    if (!item.is_integer()) return std::string_view(item.bytes, item.bytes_size) == text_;
    return is_integer_ && item.integer == integer_;
  }

 private:
  std::string_view text_;
  std::int64_t integer_ = 0;
  bool is_integer_ = false;
};

// The grammar of an element, on bytes that are known to be whole:
//
//   head | text | back size
//
//   0xxxxxxx             integer 0 to 127           10xxxxxx             text up to 63 bytes
//   110xxxxx + 1 byte    13 bits, signed            1110xxxx + 1 byte    text up to 4095 bytes
//   F1 F2 F3 F4          2, 3, 4, 8 bytes, signed   F0 + 4 bytes         longer text
//
// The back size is the size of head and text in groups of seven bits, for walking backwards.
namespace listpack_element {

inline constexpr unsigned char end_mark = 0xff;
inline constexpr std::size_t head_bytes_max = 9;
inline constexpr std::size_t back_bytes_max = 5;
// Texts up to these sizes have heads of one and two bytes.
inline constexpr std::size_t short_text_max = 63;
inline constexpr std::size_t medium_text_max = 4095;
inline constexpr std::int64_t integer7_max = 127;
inline constexpr std::int64_t integer13_max = 4095;

// Reads a little-endian number; the format's only byte order, and the one of our machines.
template <typename Number>
Number load(const char* from) {
  static_assert(std::endian::native == std::endian::little);
  Number number;
  std::memcpy(&number, from, sizeof number);
  return number;
}

inline unsigned byte_at(const char* at) { return static_cast<unsigned char>(*at); }

// Where the text of an element starts, and its size; for heads that announce a text.
inline std::string_view text_of(const char* element) {
  const unsigned head = byte_at(element);
  if (head < 0xc0) return {element + 1, head & 0x3fu};
  if (head != 0xf0) return {element + 2, (head & 0x0fu) << 8 | byte_at(element + 1)};
  return {element + 5, load<std::uint32_t>(element + 1)};
}

inline bool is_text(const char* element) {
  const unsigned head = byte_at(element);
  return (head & 0xc0u) == 0x80 || (head & 0xf0u) == 0xe0 || head == 0xf0;
}

// Requires: not a text.
inline std::int64_t integer_of(const char* element) {
  const unsigned head = byte_at(element);
  if (head < 0x80) return head;
  if (head < 0xf0) {
    const std::uint32_t bits = (head & 0x1fu) << 8 | byte_at(element + 1);
    return static_cast<std::int32_t>(bits << 19) >> 19;
  }
  if (head == 0xf1) return load<std::int16_t>(element + 1);
  if (head == 0xf3) return load<std::int32_t>(element + 1);
  if (head == 0xf4) return load<std::int64_t>(element + 1);
  // Three bytes: read with the head below them, which the shift drops.
  return load<std::int32_t>(element) >> 8;
}

// The size of head and text, from the head alone.
inline std::size_t body_bytes(const char* element) {
  const unsigned head = byte_at(element);
  if (head < 0x80) return 1;
  if (head < 0xc0) return 1 + (head & 0x3fu);
  if (head < 0xe0) return 2;
  if (head < 0xf0) return 2 + ((head & 0x0fu) << 8 | byte_at(element + 1));
  if (head == 0xf0) return 5 + std::size_t{load<std::uint32_t>(element + 1)};
  return head == 0xf4 ? 9 : head - 0xf1 + 3;
}

inline std::size_t back_bytes(std::size_t body) {
  if (body <= 127) return 1;
  if (body <= 16382) return 2;
  if (body <= 2097150) return 3;
  return body <= 268435454 ? 4 : 5;
}

inline std::size_t whole_bytes(const char* element) {
  const std::size_t body = body_bytes(element);
  return body + back_bytes(body);
}

inline ListpackItem item_of(const char* element) {
  if (!is_text(element)) return {.bytes = nullptr, .bytes_size = 0, .integer = integer_of(element)};
  const std::string_view text = text_of(element);
  return {.bytes = text.data(), .bytes_size = text.size(), .integer = 0};
}

// Reads an element and returns where it ends.
inline const char* read_item(const char* element, ListpackItem& item) {
  item = item_of(element);
  const std::size_t body = item.is_integer()
                               ? body_bytes(element)
                               : static_cast<std::size_t>(item.bytes + item.bytes_size - element);
  return element + body + back_bytes(body);
}

// The size of the element that ends right before `end`. Requires: there is one.
inline std::size_t whole_bytes_before(const char* end) {
  std::size_t body = byte_at(end - 1) & 0x7fu;
  std::size_t groups = 1;
  while ((byte_at(end - static_cast<std::ptrdiff_t>(groups)) & 0x80u) != 0 &&
         groups < back_bytes_max) {
    ++groups;
    body |= std::size_t{byte_at(end - static_cast<std::ptrdiff_t>(groups)) & 0x7fu}
            << (7 * (groups - 1));
  }
  return body + groups;
}

// Writes the back size of `body`; returns how many bytes it took.
std::size_t write_back(std::size_t body, char* out);

}  // namespace listpack_element

// An element that is to be written.
class ListpackElement {
 public:
  // A text that is a canonical integer becomes one. The text is not copied.
  explicit ListpackElement(std::string_view text);
  explicit ListpackElement(std::int64_t integer) { set_integer(integer); }

  std::size_t whole_bytes() const {
    return head_size_ + text_.size() + listpack_element::back_bytes(head_size_ + text_.size());
  }
  // Writes whole_bytes() bytes.
  void write(char* out) const;

 private:
  void set_integer(std::int64_t integer);
  void set_text(std::string_view text);

  char head_[listpack_element::head_bytes_max];
  std::uint8_t head_size_ = 0;
  std::string_view text_;
};

}  // namespace duplex::store
