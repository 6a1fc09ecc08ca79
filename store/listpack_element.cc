// Heads and back sizes of listpack elements, as Redis writes them.
#include "store/listpack_element.h"

#include "base/numbers.h"

#include <cstring>
#include <optional>

namespace duplex::store {

namespace {

std::optional<std::int64_t> canonical_integer(std::string_view text) {
  // Most texts are seen not to be one by their first byte.
  const bool may_be = !text.empty() && text.size() <= base::int64_digits_max && text[0] <= '9';
  return may_be ? base::parse_int64(text) : std::nullopt;
}

}  // namespace

namespace listpack_element {

std::size_t write_back(std::size_t body, char* out) {
  const std::size_t groups = back_bytes(body);
  for (std::size_t group = 0; group < groups; ++group) {
    const std::size_t shift = 7 * (groups - 1 - group);
    out[group] = static_cast<char>(((body >> shift) & 0x7fu) | (group > 0 ? 0x80u : 0u));
  }
  return groups;
}

}  // namespace listpack_element

using namespace listpack_element;

ListpackNeedle::ListpackNeedle(std::string_view text) : text_(text) {
  if (const auto integer = canonical_integer(text)) {
    integer_ = *integer;
    is_integer_ = true;
  }
}

ListpackElement::ListpackElement(std::string_view text) {
  if (const auto integer = canonical_integer(text))
    set_integer(*integer);
  else
    set_text(text);
}

void ListpackElement::write(char* out) const {
  std::memcpy(out, head_, head_size_);
  if (!text_.empty()) std::memcpy(out + head_size_, text_.data(), text_.size());
  const std::size_t body = head_size_ + text_.size();
  write_back(body, out + body);
}

void ListpackElement::set_integer(std::int64_t integer) {
  if (integer >= 0 && integer <= integer7_max) {
    head_[0] = static_cast<char>(integer);
    head_size_ = 1;
    return;
  }
  if (integer >= -integer13_max - 1 && integer <= integer13_max) {
    const auto bits = static_cast<std::uint64_t>(integer) & 0x1fffu;
    head_[0] = static_cast<char>(0xc0u | bits >> 8);
    head_[1] = static_cast<char>(bits & 0xffu);
    head_size_ = 2;
    return;
  }
  const auto fits = [integer](int bits) {
    return integer >= -(std::int64_t{1} << (bits - 1)) && integer < std::int64_t{1} << (bits - 1);
  };
  const std::size_t bytes = fits(16) ? 2 : fits(24) ? 3 : fits(32) ? 4 : 8;
  head_[0] = static_cast<char>(bytes == 8 ? 0xf4u : 0xf1u + bytes - 2);
  std::memcpy(head_ + 1, &integer, bytes);
  head_size_ = static_cast<std::uint8_t>(1 + bytes);
}

void ListpackElement::set_text(std::string_view text) {
  text_ = text;
  if (text.size() <= short_text_max) {
    head_[0] = static_cast<char>(0x80u | text.size());
    head_size_ = 1;
  } else if (text.size() <= medium_text_max) {
    head_[0] = static_cast<char>(0xe0u | text.size() >> 8);
    head_[1] = static_cast<char>(text.size() & 0xffu);
    head_size_ = 2;
  } else {
    const auto size = static_cast<std::uint32_t>(text.size());
    head_[0] = static_cast<char>(0xf0);
    std::memcpy(head_ + 1, &size, sizeof size);
    head_size_ = 5;
  }
}

}  // namespace duplex::store
