// A small collection as one block of bytes: Redis's listpack, byte for byte.
#pragma once

#include "store/listpack_element.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

namespace duplex::store {

//   total bytes (32 bits) | elements (16 bits, 65535: to be counted) | element … | FF
//
// Elements are spoken of by position: the offset of their first byte. A position is valid until
// something before it changes its size. RDB files and DUMP hold the same bytes.
//
// Reads a listpack that something else owns.
// Lifetime: until the listpack is changed.
class ListpackView {
 public:
  // No element: behind the last one, before the first, or not found.
  static constexpr std::size_t none = 0;
  static constexpr std::size_t header_bytes = 6;
  // What a listpack without elements takes.
  static constexpr std::size_t empty_bytes = header_bytes + 1;

  explicit ListpackView(const void* block) : block_(static_cast<const char*>(block)) {}

  // How many elements; counted if the header does not know because there are many.
  std::size_t size() const {
    const std::size_t known = header_count();
    return known != count_unknown ? known : count();
  }
  bool is_empty() const { return bytes() == empty_bytes; }
  std::size_t bytes() const { return listpack_element::load<std::uint32_t>(block_); }
  std::string_view blob() const { return {block_, bytes()}; }

  std::size_t first() const { return is_empty() ? none : header_bytes; }
  std::size_t last() const { return previous(bytes() - 1); }
  // Requires for both: a position of an element; previous() also takes bytes() - 1.
  std::size_t next(std::size_t at) const {
    at += listpack_element::whole_bytes(block_ + at);
    return listpack_element::byte_at(block_ + at) == listpack_element::end_mark ? none : at;
  }
  std::size_t previous(std::size_t at) const {
    return at == header_bytes ? none : at - listpack_element::whole_bytes_before(block_ + at);
  }
  // `count` elements on; none if there are not as many.
  std::size_t skip(std::size_t at, std::size_t count) const;
  // The element with an index, which counts from the end if it is negative; none if there is none.
  std::size_t at(std::int64_t index) const;

  ListpackItem item(std::size_t at) const { return listpack_element::item_of(block_ + at); }
  // The element's text; `scratch` has int64_digits_max bytes, used for integers.
  std::string_view get(std::size_t at, char* scratch) const { return item(at).text(scratch); }
  std::optional<std::int64_t> integer(std::size_t at) const {
    if (listpack_element::is_text(block_ + at)) return std::nullopt;
    return listpack_element::integer_of(block_ + at);
  }
  // The first element equal to `text` among `from` and every `step`th after it; none if no one is.
  // `from` may be none.
  std::size_t find(std::string_view text, std::size_t from, std::size_t step = 1) const;

  // Whether untrusted bytes are a listpack, whole and with nothing behind it.
  static bool is_valid(std::string_view bytes);

 protected:
  static constexpr std::size_t count_unknown = 0xffff;

  std::size_t header_count() const { return listpack_element::load<std::uint16_t>(block_ + 4); }
  std::size_t count() const;

  const char* block_;
};

// Owns a listpack, which takes one block from the allocator; the object is the pointer to it.
// Thread: as its owner. Requires everywhere: texts given do not lie in the listpack that changes.
class Listpack : public ListpackView {
 public:
  // Callers that take what others send refuse to grow a listpack beyond this.
  static constexpr std::size_t bytes_max = std::size_t{1} << 30;

  // An empty one, with room for a listpack of `capacity` bytes.
  explicit Listpack(std::size_t capacity = empty_bytes);
  // A copy of bytes that are a listpack. Requires: is_valid(bytes).
  static Listpack from_bytes(std::string_view bytes);
  // One of elements that stand behind each other without the sizes that end them.
  static Listpack from_bodies(std::string_view bodies);
  // Takes over what release() or clone() gave.
  static Listpack adopt(void* block) { return Listpack(Adopted{}, block); }
  void* release() { return const_cast<char*>(std::exchange(block_, nullptr)); }

  ~Listpack() { destroy(release()); }
  Listpack(Listpack&& other) noexcept : ListpackView(other.release()) {}
  Listpack& operator=(Listpack&& other) noexcept {
    if (this != &other) {
      destroy(release());
      block_ = static_cast<const char*>(other.release());
    }
    return *this;
  }

  // For entries that own the block themselves.
  static void destroy(void* block) { ::operator delete(block); }
  static void* clone(const void* block) { return from_bytes(ListpackView(block).blob()).release(); }
  static std::size_t memory_bytes(const void* block);
  static bool is_heavy(const void*) { return false; }

  // Each returns the position of the new element. A text that is an integer is kept as one.
  std::size_t append(std::string_view text) { return append(ListpackElement(text)); }
  std::size_t append(std::int64_t integer) { return append(ListpackElement(integer)); }
  std::size_t append(const ListpackElement& element) { return put(bytes() - 1, 0, element); }
  std::size_t prepend(std::string_view text) { return put(header_bytes, 0, ListpackElement(text)); }
  std::size_t insert_before(std::size_t at, std::string_view text) {
    return put(at, 0, ListpackElement(text));
  }
  std::size_t insert_before(std::size_t at, std::int64_t integer) {
    return put(at, 0, ListpackElement(integer));
  }
  std::size_t insert_after(std::size_t at, std::string_view text) {
    return put(at + listpack_element::whole_bytes(block_ + at), 0, ListpackElement(text));
  }
  // The position stays the same.
  void replace(std::size_t at, std::string_view text) {
    put(at, listpack_element::whole_bytes(block_ + at), ListpackElement(text));
  }
  void replace(std::size_t at, std::int64_t integer) {
    put(at, listpack_element::whole_bytes(block_ + at), ListpackElement(integer));
  }
  // Removes `count` elements from a position on, or as many as there are; returns the position of
  // the element that followed.
  std::size_t erase(std::size_t at, std::size_t count = 1);
  void clear() { *this = Listpack(); }

  // Appends all elements of another listpack, or those from a position on.
  void append_all(const ListpackView& other) { append_from(other, other.first()); }
  void append_from(const ListpackView& other, std::size_t at);

 private:
  struct Adopted {};
  Listpack(Adopted, void* block) : ListpackView(block) {}

  char* block() { return const_cast<char*>(block_); }
  // Writes an element over `replaced` bytes at a position.
  std::size_t put(std::size_t at, std::size_t replaced, const ListpackElement& element);
  // Moves what starts at `from` to `to`, in a larger or smaller block where that is needed.
  void shift(std::size_t from, std::size_t to);
  void set_bytes(std::size_t bytes);
  void set_count(std::size_t count);
};

}  // namespace duplex::store
