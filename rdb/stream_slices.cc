// A stream's value, written in slices between which its shard is free.
#include "rdb/stream_slices.h"

#include "rdb/encoder.h"

namespace duplex::rdb {

namespace {

using store::PendingEntry;
using store::StreamId;
using store::StreamNode;

// An id where it is not written as two lengths: two big-endian numbers.
void append_raw_id(base::Buffer& out, const StreamId& id) {
  for (const std::uint64_t part : {id.ms, id.sequence})
    for (int shift = 56; shift >= 0; shift -= 8)
      out.append(static_cast<char>(part >> shift & 0xff));
}

void append_id(base::Buffer& out, const StreamId& id) {
  append_length(out, id.ms);
  append_length(out, id.sequence);
}

}  // namespace

void StreamSlices::append(base::Buffer& out, std::size_t elements) {
  if (!begun_) append_length(out, stream_.nodes().size());
  begun_ = true;
  for (; elements > 0 && !done(); --elements) {
    switch (part_) {
      case Part::nodes:
        append_node(out);
        break;
      case Part::counters:
        append_counters(out);
        break;
      case Part::group:
        append_group(out);
        break;
      case Part::pending:
        append_pending(out);
        break;
      case Part::consumer:
        append_consumer(out);
        break;
      case Part::ids:
        append_id_of_consumer(out);
        break;
      case Part::nothing:
        break;
    }
  }
}

void StreamSlices::append_node(base::Buffer& out) {
  if (node_ == stream_.nodes().size()) {
    part_ = Part::counters;
    return;
  }
  const StreamNode& node = stream_.nodes()[node_++];
  constexpr std::uint64_t id_bytes = 16;
  append_length(out, id_bytes);
  append_raw_id(out, node.id());
  append_string(out, node.blob(), compress_);
}

void StreamSlices::append_counters(base::Buffer& out) {
  append_length(out, stream_.size());
  append_id(out, stream_.last_id);
  if (type_ != ValueType::stream_listpacks) {
    append_id(out, stream_.first_id());
    append_id(out, stream_.max_deleted_id);
    append_length(out, stream_.entries_added);
  }
  append_length(out, stream_.groups.size());
  group_ = stream_.groups.begin();
  part_ = Part::group;
}

void StreamSlices::append_group(base::Buffer& out) {
  if (group_ == stream_.groups.end()) {
    part_ = Part::nothing;
    return;
  }
  const auto& [name, group] = *group_;
  append_string(out, name, false);
  append_id(out, group.last_id);
  if (type_ != ValueType::stream_listpacks)
    append_length(out, static_cast<std::uint64_t>(group.entries_read));
  append_length(out, group.pending().size());
  pending_ = group.pending().begin();
  part_ = Part::pending;
}

void StreamSlices::append_pending(base::Buffer& out) {
  const auto& group = group_->second;
  if (*pending_ == group.pending().end()) {
    append_length(out, group.consumers().size());
    consumer_ = group.consumers().begin();
    part_ = Part::consumer;
    return;
  }
  const PendingEntry& entry = **pending_;
  append_raw_id(out, entry.id);
  append_uint64(out, static_cast<std::uint64_t>(entry.delivered_ms));
  append_length(out, entry.deliveries);
  ++*pending_;
}

void StreamSlices::append_consumer(base::Buffer& out) {
  if (consumer_ == group_->second.consumers().end()) {
    ++group_;
    part_ = Part::group;
    return;
  }
  const auto& [name, consumer] = *consumer_;
  append_string(out, name, false);
  append_uint64(out, static_cast<std::uint64_t>(consumer.seen_ms));
  if (type_ == ValueType::stream_listpacks_3)
    append_uint64(out, static_cast<std::uint64_t>(consumer.active_ms));
  append_length(out, consumer.pending.size());
  ids_ = consumer.pending.begin();
  part_ = Part::ids;
}

void StreamSlices::append_id_of_consumer(base::Buffer& out) {
  if (*ids_ == consumer_->second.pending.end()) {
    ++consumer_;
    part_ = Part::consumer;
    return;
  }
  append_raw_id(out, **ids_);
  ++*ids_;
}

}  // namespace duplex::rdb
