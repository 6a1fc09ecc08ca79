// A large entry, written in slices between which its shard is free.
#pragma once

#include "base/buffer.h"
#include "rdb/entry.h"
#include "store/entry.h"

#include <cstddef>
#include <cstdint>

namespace duplex::rdb {

// Values with more elements than this are large: append_entry() would take long for them.
inline constexpr std::size_t slice_elements = 2048;

// Appends the record of an entry, slice by slice, as append_entry() would at once.
//
// Thread: whoever holds the entry's shard. The entry must not change before done().
class SlicedEntry {
 public:
  // Whether the entry is worth it.
  static bool is_large(const store::Entry& entry, int version);

  SlicedEntry(const store::Entry& entry, const Usage& usage, bool compress, int version)
      : entry_(entry), usage_(usage), compress_(compress), version_(version) {}

  const store::Entry& entry() const { return entry_; }
  // Appends about slice_elements elements. Requires: !done().
  void append(base::Buffer& out);
  bool done() const { return done_; }

 private:
  void append_elements(base::Buffer& out);

  const store::Entry& entry_;
  const Usage usage_;
  const bool compress_;
  const int version_;
  bool begun_ = false;
  bool done_ = false;
  std::uint64_t cursor_ = 0;  // a hash, a rank or a node's index
};

}  // namespace duplex::rdb
