// A run of entries of a stream in one listpack, laid out as Redis does.
#pragma once

#include "store/listpack.h"
#include "store/stream_id.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace duplex::store {

// What one entry of a node says. Valid until the node is changed.
class StreamEntry {
 public:
  StreamId id;
  bool is_deleted = false;
  std::size_t field_count = 0;

  // Calls visit(field, value) with two ListpackItems for each field, in the order they were added.
  template <typename Visit>
  void for_each_field(Visit&& visit) const {
    std::size_t field = fields_at_;
    std::size_t value = values_at_;
    for (std::size_t left = field_count; left > 0; --left) {
      if (has_own_fields_) {
        field = value;
        value = entries_.next(field);
      }
      visit(entries_.item(field), entries_.item(value));
      field = entries_.next(field);
      value = entries_.next(value);
    }
  }

 private:
  friend class StreamNode;
  explicit StreamEntry(ListpackView entries) : entries_(entries) {}

  ListpackView entries_;
  bool has_own_fields_ = false;
  std::size_t flags_at_ = 0;
  std::size_t fields_at_ = 0;
  std::size_t values_at_ = 0;
};

//   live | deleted | fields | field … | 0                        the master entry
//   flags | ms | sequence | value … | elements                   an entry with the master's fields
//   flags | ms | sequence | fields | field | value … | elements  an entry with fields of its own
//
// Ids are differences to the node's own; those of entries that live ascend, which XSETID may have
// broken for deleted ones. The count of elements before it ends every entry, for
// walking backwards. Deleted entries stay, marked, until the whole node goes.
//
// Thread: as its owner. Invariant: in a stream, at least one entry lives.
class StreamNode {
 public:
  static constexpr std::size_t none = ListpackView::none;
  static constexpr std::int64_t flag_deleted = 1;
  static constexpr std::int64_t flag_same_fields = 2;

  // A node for an entry, which is still to be added. Fields and values take turns.
  StreamNode(StreamId id, std::span<const std::string_view> fields);
  // Takes bytes from others; nothing unless they are such a node.
  static std::optional<StreamNode> from_bytes(StreamId id, std::string_view bytes);
  StreamNode copy() const { return {id_, Listpack::from_bytes(entries_.blob())}; }

  const StreamId& id() const { return id_; }
  std::string_view blob() const { return entries_.blob(); }
  std::size_t bytes() const { return entries_.bytes(); }
  std::size_t memory_bytes() const;
  std::size_t live() const { return count_at(entries_.first()); }
  std::size_t deleted() const { return count_at(entries_.next(entries_.first())); }

  // Places of entries: the first and last one, deleted ones included, and their neighbours.
  std::size_t first() const;
  std::size_t last() const { return start_of(entries_.last()); }
  std::size_t next(std::size_t at) const;
  std::size_t previous(std::size_t at) const;
  StreamEntry read(std::size_t at) const;
  StreamId last_id() const { return read(last()).id; }

  // Requires: the id is above all others.
  void append(StreamId id, std::span<const std::string_view> fields);
  // Marks an entry as deleted; the counts are left to count_deleted().
  void mark_deleted(std::size_t at);
  void count_deleted(std::size_t entries);

 private:
  StreamNode(StreamId id, Listpack entries) : id_(id), entries_(std::move(entries)) {}

  std::size_t count_at(std::size_t at) const {
    return static_cast<std::size_t>(entries_.integer(at).value_or(0));
  }
  // Where the master's fields start, and how many there are.
  std::size_t master_fields_at() const { return entries_.skip(entries_.first(), 3); }
  std::size_t master_field_count() const { return count_at(entries_.skip(entries_.first(), 2)); }
  // Where the entry starts whose count of elements is at `end`; none for the master entry.
  std::size_t start_of(std::size_t end) const;
  bool has_fields(std::span<const std::string_view> fields) const;
  bool is_valid() const;
  // Where a valid entry ends, and its id; none if it is not valid.
  std::size_t validated_end(std::size_t at, std::size_t master_fields, StreamEntry& entry) const;

  StreamId id_;
  Listpack entries_;
};

}  // namespace duplex::store
