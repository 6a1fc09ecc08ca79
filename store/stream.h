// A stream: entries in the order of their ids, and groups of consumers.
#pragma once

#include "store/entry.h"
#include "store/stream_groups.h"
#include "store/stream_node.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

namespace duplex::store {

// Both ends belong to the range.
struct StreamRange {
  StreamId first;
  StreamId last = StreamId::highest();
};

// Which entries go from the front of a stream.
struct StreamTrim {
  enum class Strategy : std::uint8_t { none, length, id };

  Strategy strategy = Strategy::none;
  // Only whole nodes, so that more entries may stay than asked for.
  bool approximate = false;
  std::uint64_t length = 0;
  StreamId id{};
  std::uint64_t removed_max = 0;  // 0: no limit
};

// Nodes in a row, found by their ids; entries are added at the end and mostly go from the front.
//
// Thread: under the lock of its entry's shard.
class StreamData {
 public:
  // The most that the fields and values of an entry may take, and a node with them.
  static constexpr std::size_t entry_bytes_max = std::size_t{1} << 30;

  StreamData() = default;
  StreamData(const StreamData& other);
  StreamData& operator=(const StreamData&) = delete;

  // For collection.h.
  static void destroy(void* stream) { delete static_cast<StreamData*>(stream); }
  static void* clone(const void* stream) {
    return new StreamData(*static_cast<const StreamData*>(stream));
  }
  static std::size_t memory_bytes(const void* stream, std::size_t samples);
  static bool is_heavy(const void* stream);

  std::uint64_t size() const { return size_; }
  const std::deque<StreamNode>& nodes() const { return nodes_; }
  // Of the first entry that lives; 0-0 if none does.
  const StreamId& first_id() const { return first_id_; }

  // Calls visit(const StreamEntry&) for the entries of a range that live, the last one first if
  // `reverse`, until it answers false.
  template <typename Visit>
  void visit(const StreamRange& range, bool reverse, Visit&& visit) const;
  bool contains(StreamId id) const;
  // The last entry that lives; 0-0 if none does.
  StreamId last_living_id() const;

  // Fields and values take turns. Requires: the id is above last_id.
  void append(StreamId id, std::span<const std::string_view> fields);
  // Returns whether it was there. max_deleted_id is the caller's.
  bool erase(StreamId id);
  // Returns how many entries went.
  std::uint64_t trim(const StreamTrim& trim);
  // For values from files: adds a node behind the others; false if its ids are not above theirs.
  // One whose entries were all deleted is left out.
  bool append_node(StreamNode node);

  // How many entries were ever added up to an id, if that is known.
  std::optional<std::uint64_t> entries_until(StreamId id) const;
  // Whether an entry was deleted in the middle, behind `from`.
  bool has_gaps(StreamId from) const;
  // How many entries a group has still to read, if that is known.
  std::optional<std::int64_t> lag(const StreamGroup& group) const;

  StreamId last_id;         // the highest that was ever added
  StreamId max_deleted_id;  // the highest that XDEL removed
  std::uint64_t entries_added = 0;
  StreamGroups groups;

 private:
  // The last node that starts at an id or before it; the first one if none does.
  std::size_t node_for(StreamId id) const;
  // Marks the first entries of a node as deleted, as far as a trim says. Returns how many.
  std::uint64_t trim_node(StreamNode& node, const StreamTrim& trim);
  void find_first_id();

  std::deque<StreamNode> nodes_;
  std::uint64_t size_ = 0;
  StreamId first_id_;
};

// A stream in an entry: what commands have in their hands. It costs nothing to make.
class StreamView {
 public:
  // Requires: the entry holds a stream.
  explicit StreamView(const Entry& entry)
      : data_(static_cast<const StreamData*>(entry.collection())) {}

  const StreamData* operator->() const { return data_; }
  const StreamData& operator*() const { return *data_; }

 private:
  const StreamData* data_;
};

// The same for changing.
class Stream {
 public:
  explicit Stream(Entry& entry) : data_(static_cast<StreamData*>(entry.collection())) {}
  static EntryPtr make(std::string_view key, std::int64_t expiry_ms);

  StreamData* operator->() const { return data_; }
  StreamData& operator*() const { return *data_; }

 private:
  StreamData* data_;
};

template <typename Visit>
void StreamData::visit(const StreamRange& range, bool reverse, Visit&& visit) const {
  if (nodes_.empty()) return;
  std::size_t index = node_for(reverse ? range.last : range.first);
  while (index < nodes_.size()) {  // going back, it ends by wrapping around
    const StreamNode& node = nodes_[index];
    std::size_t at = reverse ? node.last() : node.first();
    while (at != StreamNode::none) {
      const StreamEntry entry = node.read(at);
      if (!entry.is_deleted) {
        if (reverse ? entry.id < range.first : entry.id > range.last) return;
        const bool is_within = reverse ? entry.id <= range.last : entry.id >= range.first;
        if (is_within && !visit(entry)) return;
      }
      at = reverse ? node.previous(at) : node.next(at);
    }
    index = reverse ? index - 1 : index + 1;
  }
}

}  // namespace duplex::store
