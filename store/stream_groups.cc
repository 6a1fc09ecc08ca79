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
  pending_.for_each(
      [this](PendingEntry& entry) { entry.consumer = find_consumer(entry.consumer->name); });
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

void StreamGroup::note_seen(std::int64_t now_ms) {
  for (auto& [name, consumer] : consumers_)
    if (consumer.seen_ms == StreamConsumer::unknown) consumer.seen_ms = now_ms;
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
  return pending_.find(id);
}

PendingEntry& StreamGroup::assign(StreamId id, StreamConsumer& consumer) {
  PendingEntry& entry = *pending_.insert({.id = id}).first;
  if (entry.consumer == &consumer) return entry;
  if (entry.consumer != nullptr) entry.consumer->pending.erase(id);
  entry.consumer = &consumer;
  consumer.pending.insert(id);
  return entry;
}

bool StreamGroup::acknowledge(StreamId id) {
  const PendingEntry* found = pending_.find(id);
  if (found == nullptr) return false;
  found->consumer->pending.erase(id);
  return pending_.erase(id);
}

std::size_t StreamGroup::memory_bytes() const {
  std::size_t bytes = sizeof(StreamGroup) + pending_.memory_bytes();
  for (const auto& [name, consumer] : consumers_)
    bytes += sizeof(Consumers::value_type) + node_bytes + consumer.pending.memory_bytes();
  return bytes;
}

}  // namespace duplex::store
