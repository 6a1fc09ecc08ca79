// The consumer groups of a stream: who was given which entries and has not acknowledged them.
#include "store/stream_groups.h"

namespace duplex::store {

namespace {

// What a map's node takes beside its value: three pointers and a color, and the block's own size.
constexpr std::size_t node_bytes = 40;

}  // namespace

StreamGroup::StreamGroup(const StreamGroup& other)
    : last_id(other.last_id),
      entries_read(other.entries_read),
      consumers_(other.consumers_),
      pending_(other.pending_) {
  for (auto& [id, entry] : pending_)
    entry.consumer = find_consumer(entry.consumer->name);
}

StreamConsumer* StreamGroup::find_consumer(std::string_view name) {
  const auto found = consumers_.find(name);
  return found == consumers_.end() ? nullptr : &found->second;
}

StreamConsumer& StreamGroup::add_consumer(std::string_view name, std::int64_t now_ms) {
  return consumers_
      .emplace(std::string(name), StreamConsumer{.name = std::string(name), .seen_ms = now_ms})
      .first->second;
}

std::size_t StreamGroup::erase_consumer(std::string_view name) {
  const auto found = consumers_.find(name);
  const std::size_t had = found->second.pending.size();
  for (const StreamId& id : found->second.pending)
    pending_.erase(id);
  consumers_.erase(found);
  return had;
}

PendingEntry* StreamGroup::find_pending(StreamId id) {
  const auto found = pending_.find(id);
  return found == pending_.end() ? nullptr : &found->second;
}

PendingEntry& StreamGroup::assign(StreamId id, StreamConsumer& consumer) {
  PendingEntry& entry = pending_[id];
  if (entry.consumer == &consumer) return entry;
  if (entry.consumer != nullptr) entry.consumer->pending.erase(id);
  entry.consumer = &consumer;
  consumer.pending.insert(id);
  return entry;
}

bool StreamGroup::acknowledge(StreamId id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return false;
  found->second.consumer->pending.erase(id);
  pending_.erase(found);
  return true;
}

std::size_t StreamGroup::memory_bytes() const {
  std::size_t bytes = sizeof(StreamGroup);
  bytes += consumers_.size() * (sizeof(Consumers::value_type) + node_bytes);
  // Each is in two trees, the group's and its consumer's.
  bytes += pending_.size() * (sizeof(Pending::value_type) + sizeof(StreamId) + 2 * node_bytes);
  return bytes;
}

}  // namespace duplex::store
