// A run of entries of a stream in one listpack, laid out as Redis does.
#include "store/stream_node.h"

namespace duplex::store {

namespace {

// Flags and the two parts of the id come before the values, or before the count of own fields.
constexpr std::size_t head_elements = 3;

std::uint64_t as_unsigned(std::optional<std::int64_t> value) {
  return static_cast<std::uint64_t>(value.value_or(0));
}

std::int64_t difference(std::uint64_t value, std::uint64_t base) {
  return static_cast<std::int64_t>(value - base);
}

}  // namespace

StreamNode::StreamNode(StreamId id, std::span<const std::string_view> fields) : id_(id) {
  entries_.append(std::int64_t{0});
  entries_.append(std::int64_t{0});
  entries_.append(static_cast<std::int64_t>(fields.size() / 2));
  for (std::size_t i = 0; i < fields.size(); i += 2)
    entries_.append(fields[i]);
  entries_.append(std::int64_t{0});
}

std::optional<StreamNode> StreamNode::from_bytes(StreamId id, std::string_view bytes) {
  if (!ListpackView::is_valid(bytes)) return std::nullopt;
  StreamNode node(id, Listpack::from_bytes(bytes));
  if (!node.is_valid()) return std::nullopt;
  return node;
}

std::size_t StreamNode::memory_bytes() const {
  return sizeof(StreamNode) + Listpack::memory_bytes(entries_.blob().data());
}

std::size_t StreamNode::first() const {
  const std::size_t zero = entries_.skip(master_fields_at(), master_field_count());
  return entries_.next(zero);
}

std::size_t StreamNode::next(std::size_t at) const {
  const StreamEntry entry = read(at);
  const std::size_t elements = entry.has_own_fields_ ? 2 * entry.field_count : entry.field_count;
  return entries_.next(entries_.skip(entry.values_at_, elements));
}

std::size_t StreamNode::start_of(std::size_t end) const {
  std::size_t left = count_at(end);
  for (; left > 0; --left)
    end = entries_.previous(end);
  return end;
}

std::size_t StreamNode::previous(std::size_t at) const {
  // The master entry ends with a zero where others have their count.
  const std::size_t end = entries_.previous(at);
  return count_at(end) == 0 ? none : start_of(end);
}

StreamEntry StreamNode::read(std::size_t at) const {
  StreamEntry entry(entries_);
  entry.flags_at_ = at;
  const std::int64_t flags = entries_.integer(at).value_or(0);
  entry.is_deleted = (flags & flag_deleted) != 0;
  entry.has_own_fields_ = (flags & flag_same_fields) == 0;
  at = entries_.next(at);
  entry.id.ms = id_.ms + as_unsigned(entries_.integer(at));
  at = entries_.next(at);
  entry.id.sequence = id_.sequence + as_unsigned(entries_.integer(at));
  at = entries_.next(at);
  if (entry.has_own_fields_) {
    entry.field_count = count_at(at);
    at = entries_.next(at);
  } else {
    entry.field_count = master_field_count();
    entry.fields_at_ = master_fields_at();
  }
  entry.values_at_ = at;
  return entry;
}

bool StreamNode::has_fields(std::span<const std::string_view> fields) const {
  if (master_field_count() != fields.size() / 2) return false;
  std::size_t at = master_fields_at();
  char scratch[base::int64_digits_max];
  for (std::size_t i = 0; i < fields.size(); i += 2, at = entries_.next(at))
    if (entries_.get(at, scratch) != fields[i]) return false;
  return true;
}

void StreamNode::append(StreamId id, std::span<const std::string_view> fields) {
  const bool same = has_fields(fields);
  const std::size_t count = fields.size() / 2;
  entries_.append(same ? flag_same_fields : std::int64_t{0});
  entries_.append(difference(id.ms, id_.ms));
  entries_.append(difference(id.sequence, id_.sequence));
  if (!same) entries_.append(static_cast<std::int64_t>(count));
  for (std::size_t i = 0; i < fields.size(); i += 2) {
    if (!same) entries_.append(fields[i]);
    entries_.append(fields[i + 1]);
  }
  const std::size_t elements = head_elements + (same ? count : 2 * count + 1);
  entries_.append(static_cast<std::int64_t>(elements));
  entries_.replace(entries_.first(), static_cast<std::int64_t>(live() + 1));
}

void StreamNode::mark_deleted(std::size_t at) {
  entries_.replace(at, entries_.integer(at).value_or(0) | flag_deleted);
}

void StreamNode::count_deleted(std::size_t entries) {
  const auto living = static_cast<std::int64_t>(live() - entries);
  const auto gone = static_cast<std::int64_t>(deleted() + entries);
  entries_.replace(entries_.first(), living);
  entries_.replace(entries_.next(entries_.first()), gone);
}

bool StreamNode::is_valid() const {
  const std::size_t elements = entries_.size();
  std::size_t at = entries_.first();
  std::int64_t heads[3] = {};
  for (std::int64_t& head : heads) {
    if (at == none || !entries_.integer(at)) return false;
    head = *entries_.integer(at);
    if (head < 0 || static_cast<std::size_t>(head) > elements) return false;
    at = entries_.next(at);
  }
  const auto fields = static_cast<std::size_t>(heads[2]);
  for (std::size_t left = fields; left > 0 && at != none; --left)
    at = entries_.next(at);
  if (at == none || entries_.integer(at) != 0) return false;
  std::int64_t counts[2] = {};
  StreamId last;
  at = entries_.next(at);
  while (at != none) {
    StreamEntry entry(entries_);
    at = validated_end(at, fields, entry);
    if (at == none) return false;
    if (!entry.is_deleted) {
      if (counts[0] == 0 ? entry.id < id_ : entry.id <= last) return false;
      last = entry.id;
    }
    ++counts[entry.is_deleted ? 1 : 0];
    at = entries_.next(at);
  }
  return counts[0] == heads[0] && counts[1] == heads[1] && counts[0] + counts[1] > 0;
}

std::size_t StreamNode::validated_end(std::size_t at,
                                      std::size_t master_fields,
                                      StreamEntry& entry) const {
  std::int64_t heads[head_elements] = {};
  for (std::int64_t& head : heads) {
    if (at == none || !entries_.integer(at)) return none;
    head = *entries_.integer(at);
    at = entries_.next(at);
  }
  if (heads[0] < 0 || heads[0] > (flag_deleted | flag_same_fields)) return none;
  entry.is_deleted = (heads[0] & flag_deleted) != 0;
  entry.id = {id_.ms + static_cast<std::uint64_t>(heads[1]),
              id_.sequence + static_cast<std::uint64_t>(heads[2])};
  std::size_t values = master_fields;
  std::size_t elements = head_elements + master_fields;
  if ((heads[0] & flag_same_fields) == 0) {
    const auto own = at == none ? std::nullopt : entries_.integer(at);
    if (!own || *own < 0 || static_cast<std::size_t>(*own) > entries_.bytes()) return none;
    values = 2 * static_cast<std::size_t>(*own);
    elements = head_elements + 1 + values;
    at = entries_.next(at);
  }
  for (; values > 0 && at != none; --values)
    at = entries_.next(at);
  if (at == none || entries_.integer(at) != static_cast<std::int64_t>(elements)) return none;
  return at;
}

}  // namespace duplex::store
