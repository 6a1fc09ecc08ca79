// A stream: entries in the order of their ids, and groups of consumers.
#include "store/stream.h"

#include "base/memory.h"
#include "store/packed_limits.h"

#include <algorithm>
#include <utility>

namespace duplex::store {

namespace {

// More of them than this take long to free.
constexpr std::size_t light_nodes_max = 64;

}  // namespace

StreamData::StreamData(const StreamData& other)
    : last_id(other.last_id),
      max_deleted_id(other.max_deleted_id),
      entries_added(other.entries_added),
      groups(other.groups),
      size_(other.size_),
      first_id_(other.first_id_) {
  for (const StreamNode& node : other.nodes_)
    nodes_.push_back(node.copy());
}

std::size_t StreamData::memory_bytes(const void* stream, std::size_t samples) {
  const auto& data = *static_cast<const StreamData*>(stream);
  std::size_t bytes = base::usable_size(stream);
  std::size_t sample = 0;
  const std::size_t count = std::min(data.nodes_.size(), samples);
  for (std::size_t i = 0; i < count; ++i)
    sample += data.nodes_[i].memory_bytes();
  if (count > 0) bytes += sample * data.nodes_.size() / count;
  for (const auto& [name, group] : data.groups)
    bytes += name.capacity() + group.memory_bytes();
  return bytes;
}

bool StreamData::is_heavy(const void* stream) {
  const auto& data = *static_cast<const StreamData*>(stream);
  std::size_t parts = data.nodes_.size();
  for (const auto& [name, group] : data.groups)
    parts += 1 + group.pending().size() + group.consumers().size();
  return parts > light_nodes_max;
}

std::size_t StreamData::node_for(StreamId id) const {
  const auto behind = std::upper_bound(
      nodes_.begin(), nodes_.end(), id, [](const StreamId& wanted, const StreamNode& node) {
        return wanted < node.id();
      });
  const auto index = static_cast<std::size_t>(behind - nodes_.begin());
  return index == 0 ? 0 : index - 1;
}

bool StreamData::contains(StreamId id) const {
  bool found = false;
  visit({id, id}, false, [&](const StreamEntry&) {
    found = true;
    return false;
  });
  return found;
}

StreamId StreamData::last_living_id() const {
  StreamId last;
  visit({}, true, [&](const StreamEntry& entry) {
    last = entry.id;
    return false;
  });
  return last;
}

void StreamData::find_first_id() {
  first_id_ = {};
  visit({}, false, [&](const StreamEntry& entry) {
    first_id_ = entry.id;
    return false;
  });
}

void StreamData::append(StreamId id, std::span<const std::string_view> fields) {
  const PackedLimits& limits = packed_limits();
  auto bytes_max = static_cast<std::size_t>(limits.stream_node_bytes.load());
  if (bytes_max == 0 || bytes_max > entry_bytes_max) bytes_max = entry_bytes_max;
  const auto entries_max = static_cast<std::size_t>(limits.stream_node_entries.load());
  std::size_t added = 0;
  for (const std::string_view text : fields)
    added += text.size();
  bool is_full = nodes_.empty() || nodes_.back().bytes() + added >= bytes_max;
  if (!is_full && entries_max != 0)
    is_full = nodes_.back().live() + nodes_.back().deleted() >= entries_max;
  if (is_full) nodes_.emplace_back(id, fields);
  nodes_.back().append(id, fields);
  last_id = id;
  ++entries_added;
  if (size_++ == 0) first_id_ = id;
}

bool StreamData::erase(StreamId id) {
  if (nodes_.empty()) return false;
  const std::size_t index = node_for(id);
  StreamNode& node = nodes_[index];
  for (std::size_t at = node.first(); at != StreamNode::none; at = node.next(at)) {
    const StreamEntry entry = node.read(at);
    if (entry.is_deleted || entry.id < id) continue;
    if (entry.id > id) return false;
    if (node.live() == 1) {
      nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(index));
    } else {
      node.mark_deleted(at);
      node.count_deleted(1);
    }
    --size_;
    if (id == first_id_) find_first_id();
    return true;
  }
  return false;
}

std::uint64_t StreamData::trim(const StreamTrim& trim) {
  const bool by_length = trim.strategy == StreamTrim::Strategy::length;
  std::uint64_t removed = 0;
  while (!nodes_.empty() && !(by_length && size_ <= trim.length)) {
    StreamNode& node = nodes_.front();
    const std::uint64_t live = node.live();
    if (trim.removed_max != 0 && removed + live > trim.removed_max) break;
    const bool goes = by_length ? size_ - live >= trim.length : node.last_id() < trim.id;
    if (!goes) {
      if (!trim.approximate) removed += trim_node(node, trim);
      break;
    }
    nodes_.pop_front();
    size_ -= live;
    removed += live;
  }
  if (removed > 0) find_first_id();
  return removed;
}

std::uint64_t StreamData::trim_node(StreamNode& node, const StreamTrim& trim) {
  const bool by_length = trim.strategy == StreamTrim::Strategy::length;
  std::uint64_t removed = 0;
  for (std::size_t at = node.first(); at != StreamNode::none; at = node.next(at)) {
    const StreamEntry entry = node.read(at);
    if (entry.is_deleted) continue;
    if (by_length ? size_ <= trim.length : entry.id >= trim.id) break;
    node.mark_deleted(at);
    ++removed;
    --size_;
  }
  if (removed > 0 && node.live() == removed)
    nodes_.pop_front();
  else if (removed > 0)
    node.count_deleted(static_cast<std::size_t>(removed));
  return removed;
}

bool StreamData::append_node(StreamNode node) {
  if (node.live() == 0) return true;
  if (!nodes_.empty() && last_living_id() >= node.id()) return false;
  size_ += node.live();
  nodes_.push_back(std::move(node));
  if (first_id_.is_zero()) find_first_id();
  return true;
}

bool StreamData::has_gaps(StreamId from) const {
  return size_ != 0 && !max_deleted_id.is_zero() && from <= max_deleted_id;
}

std::optional<std::uint64_t> StreamData::entries_until(StreamId id) const {
  if (entries_added == 0) return 0;
  if (size_ == 0 && id <= last_id) return entries_added;
  // Something behind it was deleted.
  if (!id.is_zero() && id < max_deleted_id) return std::nullopt;
  if (id == last_id) return entries_added;
  if (id > last_id) return std::nullopt;
  // Nothing was deleted among the entries that are there.
  if (max_deleted_id.is_zero() || max_deleted_id < first_id_) {
    if (id < first_id_) return entries_added - size_;
    if (id == first_id_) return entries_added - size_ + 1;
  }
  return std::nullopt;
}

std::optional<std::int64_t> StreamData::lag(const StreamGroup& group) const {
  if (entries_added == 0) return 0;
  const auto added = static_cast<std::int64_t>(entries_added);
  if (group.entries_read != StreamGroup::unknown && !has_gaps(group.last_id))
    return added - group.entries_read;
  if (const auto read = entries_until(group.last_id))
    return added - static_cast<std::int64_t>(*read);
  return std::nullopt;
}

EntryPtr Stream::make(std::string_view key, std::int64_t expiry_ms) {
  return Entry::make_collection(
      key, ValueType::stream, Encoding::stream, new StreamData(), expiry_ms);
}

}  // namespace duplex::store
