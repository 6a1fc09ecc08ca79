// A part of a long list: a listpack or one large text, perhaps compressed.
#pragma once

#include "store/listpack.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::store {

enum class ListEnd : std::uint8_t { front, back };

inline ListEnd other_end(ListEnd end) {
  return end == ListEnd::front ? ListEnd::back : ListEnd::front;
}

// Until where nodes are filled: list-max-listpack-size.
struct ListNodeLimit {
  // What Redis adds to an element's size when it asks whether a node has room for it.
  static constexpr std::size_t element_overhead = 8;

  std::size_t bytes;
  std::size_t count;

  static ListNodeLimit from_setting(std::int64_t list_size);
  bool allows(std::size_t node_bytes, std::size_t node_count) const {
    return node_bytes <= bytes && node_count <= count;
  }
};

// A listpack, or one text that is too large to share a node with others. Either may be compressed
// with LZF (list-compress-depth): then only bytes(), count and opened() can be asked.
//
// Lifetime: does not own its block; the list that holds the node does.
struct ListNode {
  void* block;
  std::uint32_t count;
  bool is_plain;
  bool is_compressed = false;
  bool resists = false;  // compress() was tried on these bytes and saved too little

  static ListNode plain(std::string_view text);
  static ListNode packed(Listpack pack);
  // A node for one element. Texts beyond the limit are kept plain.
  static ListNode of(std::string_view text, const ListNodeLimit& limit);

  ListNode clone() const;
  void destroy() const { ::operator delete(block); }

  // The bytes of the listpack or the text, not compressed.
  std::size_t bytes() const;
  bool has_room(std::string_view text, const ListNodeLimit& limit) const;

  // What a compressed node holds, in a block of its own. Requires: is_compressed.
  ListNode opened() const;
  // Puts a compressed block in the place of this node's, or notes that it resists.
  // Requires: !is_compressed.
  void compress();

  // The functions below require: !is_compressed.
  ListpackView pack() const { return ListpackView(block); }
  // Requires: is_plain.
  std::string_view plain_text() const;
  // The first or last element.
  ListpackItem item(ListEnd end) const;
  ListpackItem item_at(std::size_t at) const;
};

// Whether a text gets a node of its own.
inline bool is_large(std::string_view text, const ListNodeLimit& limit) {
  return text.size() > limit.bytes;
}

}  // namespace duplex::store
