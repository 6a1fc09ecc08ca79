// Streams: nodes as listpacks, and groups of consumers with what these have pending.
#include "rdb/collection_values.h"
#include "rdb/encoder.h"
#include "store/stream.h"

#include <cstddef>
#include <string>
#include <utility>

namespace duplex::rdb {

namespace {

using store::PendingEntry;
using store::Stream;
using store::StreamConsumer;
using store::StreamData;
using store::StreamGroup;
using store::StreamId;
using store::StreamNode;
using store::StreamView;

// An id where it is not written as two lengths: two big-endian numbers.
constexpr std::size_t id_bytes = 16;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes)
    value = value << 8 | static_cast<std::uint8_t>(byte);
  return value;
}

StreamId id_of(std::string_view bytes) {
  return {big_endian(bytes.substr(0, id_bytes / 2)), big_endian(bytes.substr(id_bytes / 2))};
}

std::string bytes_of(const StreamId& id) {
  std::string bytes;
  for (const std::uint64_t part : {id.ms, id.sequence})
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>(part >> shift & 0xff));
  return bytes;
}

Decoded<StreamId> read_raw_id(Decoder& decoder) {
  const auto bytes = decoder.raw(id_bytes);
  if (!bytes) return std::unexpected(bytes.error());
  return id_of(*bytes);
}

Decoded<StreamId> read_id(Decoder& decoder) {
  const auto ms = decoder.length();
  if (!ms) return std::unexpected(ms.error());
  const auto sequence = decoder.length();
  if (!sequence) return std::unexpected(sequence.error());
  return StreamId{*ms, *sequence};
}

void append_id(base::Buffer& out, const StreamId& id) {
  append_length(out, id.ms);
  append_length(out, id.sequence);
}

Decoded<bool> read_nodes(Decoder& decoder, StreamData& stream) {
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  std::string scratch;
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto key = decoder.string(scratch);
    if (!key) return std::unexpected(key.error());
    if (key->size() != id_bytes) return std::unexpected("a stream has a node without an id");
    const StreamId id = id_of(*key);
    const auto bytes = decoder.string(scratch);
    if (!bytes) return std::unexpected(bytes.error());
    auto node = StreamNode::from_bytes(id, *bytes);
    if (!node) return std::unexpected("a stream has a damaged node");
    if (!stream.append_node(std::move(*node)))
      return std::unexpected("the ids of a stream do not ascend");
  }
  const auto size = decoder.length();
  if (!size) return std::unexpected(size.error());
  if (*size != stream.size()) return std::unexpected("a stream has not the length it claims");
  return true;
}

// What is known about all entries that ever were; the first form has only the last id.
Decoded<bool> read_counters(Decoder& decoder, ValueType type, StreamData& stream) {
  const auto last = read_id(decoder);
  if (!last) return std::unexpected(last.error());
  if (*last < stream.last_living_id())
    return std::unexpected("a stream has an entry behind its last id");
  stream.last_id = *last;
  stream.entries_added = stream.size();
  if (type == ValueType::stream_listpacks) return true;
  const auto first = read_id(decoder);  // found in the nodes, too
  if (!first) return std::unexpected(first.error());
  const auto max_deleted = read_id(decoder);
  if (!max_deleted) return std::unexpected(max_deleted.error());
  const auto added = decoder.length();
  if (!added) return std::unexpected(added.error());
  stream.max_deleted_id = *max_deleted;
  stream.entries_added = *added;
  return true;
}

// What a group has pending, before it is known which consumer has it.
using Unowned = StreamGroup::Pending;

Decoded<bool> read_pending(Decoder& decoder, Unowned& pending) {
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto id = read_raw_id(decoder);
    if (!id) return std::unexpected(id.error());
    const auto delivered_ms = decoder.int64();
    if (!delivered_ms) return std::unexpected(delivered_ms.error());
    const auto deliveries = decoder.length();
    if (!deliveries) return std::unexpected(deliveries.error());
    const PendingEntry entry{.id = *id, .delivered_ms = *delivered_ms, .deliveries = *deliveries};
    if (!pending.insert(entry).second) return std::unexpected("a group has an entry pending twice");
  }
  return true;
}

// Moves what the consumer has pending from `unowned` to the group.
Decoded<bool> read_consumer(Decoder& decoder,
                            ValueType type,
                            StreamGroup& group,
                            Unowned& unowned) {
  std::string scratch;
  const auto name = decoder.string(scratch);
  if (!name) return std::unexpected(name.error());
  if (group.find_consumer(*name) != nullptr) return std::unexpected("a group has a consumer twice");
  StreamConsumer& consumer = group.add_consumer(*name, 0);
  for (std::int64_t* time : {&consumer.seen_ms, &consumer.active_ms}) {
    if (time == &consumer.active_ms && type != ValueType::stream_listpacks_3) {
      *time = consumer.seen_ms;
      continue;
    }
    const auto ms = decoder.int64();
    if (!ms) return std::unexpected(ms.error());
    *time = *ms;
  }
  const auto count = decoder.length();
  if (!count) return std::unexpected(count.error());
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto id = read_raw_id(decoder);
    if (!id) return std::unexpected(id.error());
    const PendingEntry* found = unowned.find(*id);
    if (found == nullptr)
      return std::unexpected("a consumer has an entry pending that its group has not");
    PendingEntry& entry = group.assign(*id, consumer);
    entry.delivered_ms = found->delivered_ms;
    entry.deliveries = found->deliveries;
    unowned.erase(*id);
  }
  return true;
}

Decoded<bool> read_group(Decoder& decoder, ValueType type, StreamData& stream) {
  std::string scratch;
  const auto name = decoder.string(scratch);
  if (!name) return std::unexpected(name.error());
  const auto last = read_id(decoder);
  if (!last) return std::unexpected(last.error());
  std::int64_t entries_read = StreamGroup::unknown;
  if (type != ValueType::stream_listpacks) {
    const auto read = decoder.length();
    if (!read) return std::unexpected(read.error());
    entries_read = static_cast<std::int64_t>(*read);
    if (entries_read < StreamGroup::unknown)
      return std::unexpected("a group has read too many entries");
  }
  const auto [place, is_new] = stream.groups.try_emplace(std::string(*name), *last, entries_read);
  if (!is_new) return std::unexpected("a stream has a group twice");
  Unowned unowned;
  const auto pending = read_pending(decoder, unowned);
  if (!pending) return std::unexpected(pending.error());
  const auto consumers = decoder.length();
  if (!consumers) return std::unexpected(consumers.error());
  for (std::uint64_t i = 0; i < *consumers; ++i) {
    const auto read = read_consumer(decoder, type, place->second, unowned);
    if (!read) return std::unexpected(read.error());
  }
  if (!unowned.empty()) return std::unexpected("a group has an entry pending for no consumer");
  return true;
}

void append_group(base::Buffer& out,
                  std::string_view name,
                  const StreamGroup& group,
                  ValueType type) {
  append_string(out, name, false);
  append_id(out, group.last_id);
  if (type != ValueType::stream_listpacks)
    append_length(out, static_cast<std::uint64_t>(group.entries_read));
  append_length(out, group.pending().size());
  for (const PendingEntry& entry : group.pending()) {
    out.append(bytes_of(entry.id));
    append_uint64(out, static_cast<std::uint64_t>(entry.delivered_ms));
    append_length(out, entry.deliveries);
  }
  append_length(out, group.consumers().size());
  for (const auto& [consumer_name, consumer] : group.consumers()) {
    append_string(out, consumer_name, false);
    append_uint64(out, static_cast<std::uint64_t>(consumer.seen_ms));
    if (type == ValueType::stream_listpacks_3)
      append_uint64(out, static_cast<std::uint64_t>(consumer.active_ms));
    append_length(out, consumer.pending.size());
    for (const StreamId& id : consumer.pending)
      out.append(bytes_of(id));
  }
}

}  // namespace

Decoded<store::EntryPtr> read_stream(Decoder& decoder,
                                     ValueType type,
                                     std::string_view key,
                                     std::int64_t expiry_ms) {
  store::EntryPtr entry = Stream::make(key, expiry_ms);
  StreamData& stream = *Stream(*entry);
  const auto nodes = read_nodes(decoder, stream);
  if (!nodes) return std::unexpected(nodes.error());
  const auto counters = read_counters(decoder, type, stream);
  if (!counters) return std::unexpected(counters.error());
  const auto groups = decoder.length();
  if (!groups) return std::unexpected(groups.error());
  for (std::uint64_t i = 0; i < *groups; ++i) {
    const auto group = read_group(decoder, type, stream);
    if (!group) return std::unexpected(group.error());
  }
  return entry;  // also without entries: it has a last id and maybe groups
}

void append_stream(base::Buffer& out, const store::Entry& entry, ValueType type, bool compress) {
  const StreamView stream(entry);
  append_length(out, stream->nodes().size());
  for (const StreamNode& node : stream->nodes()) {
    append_string(out, bytes_of(node.id()), false);
    append_string(out, node.blob(), compress);
  }
  append_length(out, stream->size());
  append_id(out, stream->last_id);
  if (type != ValueType::stream_listpacks) {
    append_id(out, stream->first_id());
    append_id(out, stream->max_deleted_id);
    append_length(out, stream->entries_added);
  }
  append_length(out, stream->groups.size());
  for (const auto& [name, group] : stream->groups)
    append_group(out, name, group, type);
}

}  // namespace duplex::rdb
