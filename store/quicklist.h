// A long list as a row of listpacks.
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

// A part of a list: a listpack, or one text that is too large to share a node with others.
//
// Lifetime: does not own its block; the list that holds the node does.
struct ListNode {
  void* block;
  std::uint32_t count;
  bool is_plain;

  static ListNode plain(std::string_view text);
  static ListNode packed(Listpack pack);

  ListpackView pack() const { return ListpackView(block); }
  // Requires: is_plain.
  std::string_view plain_text() const;
  std::size_t bytes() const { return is_plain ? plain_text().size() : pack().bytes(); }
  // The first or last element.
  ListpackItem item(ListEnd end) const;
  ListpackItem item_at(std::size_t at) const;
};

// Until where nodes are filled: list-max-listpack-size.
struct ListNodeLimit {
  std::size_t bytes;
  std::size_t count;

  static ListNodeLimit from_setting(std::int64_t list_size);
  bool allows(std::size_t node_bytes, std::size_t node_count) const {
    return node_bytes <= bytes && node_count <= count;
  }
};

// Removes up to `limit` elements that match, starting at an end; returns how many.
std::size_t remove_matches(Listpack& pack,
                           const ListpackNeedle& needle,
                           std::size_t limit,
                           ListEnd from);

// Nodes stand in a ring of slots, so that both ends are reached and changed in constant time; an
// index is found by walking the counts, sixteen bytes a node. Where nodes are split and joined is
// as in Redis, because OBJECT ENCODING tells.
//
// Invariant: no node is empty.
// Thread: as its owner. Requires everywhere: texts given do not lie in this list.
class Quicklist {
 public:
  // An element: its node, its index there, its position in the node's listpack.
  struct Place {
    std::size_t node;
    std::size_t index;
    std::size_t at;
  };

  Quicklist() = default;
  ~Quicklist();
  Quicklist(const Quicklist&) = delete;
  Quicklist& operator=(const Quicklist&) = delete;

  // For entries.
  static void destroy(void* list) { delete static_cast<Quicklist*>(list); }
  static void* clone(const void* list);
  static std::size_t memory_bytes(const void* list, std::size_t samples);
  static bool is_heavy(const void* list);

  std::size_t size() const { return elements_; }
  std::size_t node_count() const { return nodes_; }
  const ListNode& node(std::size_t index) const { return ring_[(head_ + index) & mask()]; }
  const ListNode& end_node(ListEnd end) const {
    return node(end == ListEnd::front ? 0 : nodes_ - 1);
  }

  void push(ListEnd end, std::string_view text, const ListNodeLimit& limit);
  // Removes `count` elements at an end. Requires: there are as many.
  void drop(ListEnd end, std::size_t count);
  // Adds a node with all its elements. Requires: it has some.
  void push_node(ListEnd end, ListNode node);
  // Takes a node out; its block is the caller's.
  ListNode take_node(std::size_t index);

  // Requires: index < size().
  Place place_of(std::size_t index) const;
  void insert(Place place, bool behind, std::string_view text, const ListNodeLimit& limit);
  void replace(Place place, std::string_view text, const ListNodeLimit& limit);
  // Removes up to `limit` elements equal to `text`, starting at an end; returns how many.
  std::size_t remove(std::string_view text, std::size_t limit, ListEnd from);

 private:
  std::size_t mask() const { return capacity_ - 1; }
  ListNode& slot(std::size_t index) { return ring_[(head_ + index) & mask()]; }
  void insert_node(std::size_t index, ListNode node);
  // Puts an element into a listpack node: before a position, or at the end.
  void put(ListNode& node, std::size_t at, std::string_view text);
  void put(ListNode& node, ListEnd end, std::string_view text);
  // Cuts a node before the element `index`, which becomes the first of the next node.
  void split(std::size_t node, std::size_t index);
  // Joins a node with its neighbours, and those with theirs, where they fit one node.
  void join_around(std::size_t node, const ListNodeLimit& limit);
  bool join_with_next(std::size_t node, const ListNodeLimit& limit);
  void drop_empty_nodes();
  void grow_ring();

  ListNode* ring_ = nullptr;
  std::size_t capacity_ = 0;  // a power of two, or 0
  std::size_t head_ = 0;
  std::size_t nodes_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace duplex::store
