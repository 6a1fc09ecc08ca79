// A large entry, written in slices between which its shard is free.
#pragma once

#include "base/buffer.h"
#include "rdb/entry.h"
#include "rdb/format.h"
#include "rdb/stream_slices.h"
#include "store/entry.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace duplex::rdb {

// Values with more elements or bytes than this are large: append_entry() would take long for them.
inline constexpr std::size_t slice_elements = 2048;
inline constexpr std::size_t slice_bytes = std::size_t{256} << 10;

// What a large value is cut by: its elements, the nodes of a list, or the bytes of a string.
std::size_t piece_count(const store::Entry& entry);

// Appends the record of an entry, slice by slice, as append_entry() would at once; except that
// elements of a table may have another order, and that a long string is not compressed.
//
// Thread: whoever holds the entry's shard. The entry must not change before done().
class SlicedEntry {
 public:
  // Whether the entry is worth it.
  static bool is_large(const store::Entry& entry, int version);

  SlicedEntry(const store::Entry& entry, const Usage& usage, bool compress, int version);

  const store::Entry& entry() const { return entry_; }
  // Appends until there are about slice_elements elements or slice_bytes. Requires: !done().
  void append(base::Buffer& out);
  bool done() const { return done_; }

 private:
  void append_head(base::Buffer& out);
  // Appends some elements, far fewer than a slice; returns how many.
  std::size_t append_some(base::Buffer& out);
  std::size_t append_fields(base::Buffer& out);
  std::size_t append_scores(base::Buffer& out);
  std::size_t append_nodes(base::Buffer& out);
  std::size_t append_text(base::Buffer& out);

  const store::Entry& entry_;
  const Usage usage_;
  const bool compress_;
  const int version_;
  const ValueType type_;
  bool begun_ = false;
  bool done_ = false;
  std::size_t total_ = 0;         // elements, nodes of a list, or bytes of a string
  std::uint64_t cursor_ = 0;      // a hash, a rank, a node's index, or a place in a string
  std::int64_t earliest_ms_ = 0;  // of fields with times
  std::optional<StreamSlices> stream_;
};

}  // namespace duplex::rdb
