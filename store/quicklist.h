// A long list as a row of listpacks.
#pragma once

#include "store/list_node.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace duplex::store {

// Removes up to `limit` elements that match, starting at an end; returns how many.
std::size_t remove_matches(Listpack& pack,
                           const ListpackNeedle& needle,
                           std::size_t limit,
                           ListEnd from);

// Nodes stand in a ring of slots, so that both ends are reached and changed in constant time; an
// index is found by walking the counts, sixteen bytes a node. Where nodes are split and joined is
// as in Redis, because OBJECT ENCODING tells.
//
// Invariant: no node is empty; the first and the last are not compressed.
// Thread: as its owner. Requires everywhere: texts given do not lie in this list.
class Quicklist {
 public:
  // An element: its node, and its index there.
  struct Place {
    std::size_t node;
    std::size_t index;
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

  // To be called after changes: sees to it that `depth` nodes at each end are open, and compresses
  // what came behind them and what stands around the node `changed`. A depth of 0 compresses none.
  void keep_depth(std::size_t depth, std::size_t changed);
  // The same for all nodes.
  void compress_inner(std::size_t depth);

  // Requires: index < size().
  Place place_of(std::size_t index) const;
  void insert(Place place, bool behind, std::string_view text, const ListNodeLimit& limit);
  void replace(Place place, std::string_view text, const ListNodeLimit& limit);
  // Removes up to `limit` elements equal to `text`, starting at an end; returns how many.
  std::size_t remove(std::string_view text, std::size_t limit, ListEnd from);
  // Whether there may be anything for keep_depth() to do.
  bool has_compressed() const { return compressed_ != 0; }

 private:
  std::size_t mask() const { return capacity_ - 1; }
  ListNode& slot(std::size_t index) { return ring_[(head_ + index) & mask()]; }
  void insert_node(std::size_t index, ListNode node);
  // Puts an element into a listpack node: before a position, or at the end.
  void put(ListNode& node, std::size_t at, std::string_view text);
  void put(ListNode& node, ListEnd end, std::string_view text);
  // Makes a node ready to be changed.
  void open(ListNode& node);
  void compress(ListNode& node);
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
  std::size_t compressed_ = 0;  // nodes
};

}  // namespace duplex::store
