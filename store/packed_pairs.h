// The fields and values of a small hash, read one after the other.
#pragma once

#include "store/listpack.h"

#include <cstddef>
#include <string_view>

namespace duplex::store {

// Elements as in a listpack, field and value in turn; in a listpack, or in the compact form that
// stands inside an entry: the elements alone, without the sizes behind them that a listpack needs
// for walking backwards, and without its header and end.
//
// Lifetime: until the bytes are changed. Elements are spoken of by the address of their first byte.
class PackedPairs {
 public:
  static PackedPairs of(ListpackView pack) {
    const std::string_view blob = pack.blob();
    return {blob.data() + ListpackView::header_bytes, &blob.back(), true};
  }
  static PackedPairs of_compact(std::string_view bytes) {
    return {bytes.data(), bytes.data() + bytes.size(), false};
  }

  bool is_empty() const { return begin_ == end_; }
  std::size_t bytes() const { return static_cast<std::size_t>(end_ - begin_); }
  const char* begin() const { return begin_; }
  const char* end() const { return end_; }
  const char* next(const char* element) const {
    const std::size_t body = listpack_element::body_bytes(element);
    return element + body + (has_back_sizes_ ? listpack_element::back_bytes(body) : 0);
  }
  // How many pairs; walks over them.
  std::size_t count() const;
  // The field with an index. Requires: there are more.
  const char* field_at(std::size_t index) const;
  // The field equal to `text`; end() if there is none.
  const char* find(std::string_view text) const;

  // The size of the compact form, and its bytes.
  std::size_t compact_bytes() const;
  void write_compact(char* out) const;

 private:
  PackedPairs(const char* begin, const char* end, bool has_back_sizes)
      : begin_(begin), end_(end), has_back_sizes_(has_back_sizes) {}

  const char* begin_;
  const char* end_;
  bool has_back_sizes_;
};

}  // namespace duplex::store
