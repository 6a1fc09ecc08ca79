// A stream's value, written in slices between which its shard is free.
#pragma once

#include "base/buffer.h"
#include "rdb/format.h"
#include "store/stream.h"

#include <cstddef>
#include <optional>

namespace duplex::rdb {

// Appends the bytes behind the type byte, slice by slice: nodes, what is known about all entries,
// and the groups with what they have pending.
//
// Thread: whoever holds the entry's shard. The stream must not change before done().
class StreamSlices {
 public:
  StreamSlices(const store::StreamData& stream, ValueType type, bool compress)
      : stream_(stream), type_(type), compress_(compress) {}

  // Appends a slice of about `elements`, a node or a pending entry each. Requires: !done().
  void append(base::Buffer& out, std::size_t elements);
  bool done() const { return part_ == Part::nothing; }

 private:
  using Groups = store::StreamGroups::const_iterator;
  using Consumers = store::StreamGroup::Consumers::const_iterator;
  using Pending = store::StreamGroup::Pending::Iterator;
  using Ids = store::StreamIdRuns<store::StreamId>::Iterator;

  // What comes next.
  enum class Part : std::uint8_t { nodes, counters, group, pending, consumer, ids, nothing };

  void append_node(base::Buffer& out);
  void append_counters(base::Buffer& out);
  void append_group(base::Buffer& out);
  void append_pending(base::Buffer& out);
  void append_consumer(base::Buffer& out);
  void append_id_of_consumer(base::Buffer& out);

  const store::StreamData& stream_;
  const ValueType type_;
  const bool compress_;
  bool begun_ = false;
  Part part_ = Part::nodes;
  std::size_t node_ = 0;
  Groups group_;
  Consumers consumer_;
  std::optional<Pending> pending_;
  std::optional<Ids> ids_;
};

}  // namespace duplex::rdb
