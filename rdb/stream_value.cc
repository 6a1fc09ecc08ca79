// Streams: nodes as listpacks, and groups of consumers with what these have pending.
#include "rdb/collection_values.h"
#include "rdb/stream_slices.h"
#include "store/stream.h"

#include <cstddef>
#include <limits>
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
  constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();
  StreamSlices(*StreamView(entry), type, compress).append(out, everything);
}

}  // namespace duplex::rdb
