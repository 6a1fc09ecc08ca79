// Which clients have read which key: what one shard's keys add to the tracking table.
#include "commands/tracked_keys.h"

#include <algorithm>
#include <cstring>
#include <memory>

namespace duplex::commands {

namespace {

// How many of so many places may be taken, so that a reader is found soon.
constexpr std::size_t taken_max(std::size_t places) {
  return places - places / 4;
}

constexpr std::size_t round_up(std::size_t bytes) {
  return (bytes + alignof(Neighbours) - 1) / alignof(Neighbours) * alignof(Neighbours);
}

}  // namespace

Reader Neighbours::lowest() const {
  Reader reader;
  reader.word_ = word_ >> count << low_bits;
  return reader;
}

void Neighbours::append_to(std::vector<Reader>& readers) const {
  Reader next = lowest();
  for (unsigned i = 0; i < count; ++i, ++next.word_)
    if (has(next)) readers.push_back(next);
}

TrackedKey::TrackedKey(std::string_view key, std::size_t places)
    : size_(static_cast<std::uint32_t>(key.size())),
      place_count_(static_cast<std::uint32_t>(places)) {
  if (!key.empty()) std::memcpy(static_cast<void*>(this + 1), key.data(), key.size());
  std::ranges::uninitialized_fill(this->places(), Neighbours());
}

TrackedKey* TrackedKey::make_empty(std::string_view key, std::size_t places) {
  const std::size_t bytes = round_up(sizeof(TrackedKey) + key.size()) + places * sizeof(Neighbours);
  return new (::operator new(bytes)) TrackedKey(key, places);
}

TrackedKey* TrackedKey::make(std::string_view key, Reader reader) {
  return make_empty(key, 1)->add(reader);
}

std::span<Neighbours> TrackedKey::places() {
  char* const block = reinterpret_cast<char*>(this);
  char* const first = block + round_up(sizeof(TrackedKey) + size_);
  return {reinterpret_cast<Neighbours*>(first), place_count_};
}

std::span<const Neighbours> TrackedKey::places() const {
  return const_cast<TrackedKey*>(this)->places();
}

Neighbours* TrackedKey::find(Reader reader) {
  const std::span all = places();
  std::size_t at = Neighbours::hash(reader);
  for (std::size_t looked_at = 0; looked_at < all.size(); ++looked_at, ++at) {
    Neighbours& place = all[at & (all.size() - 1)];
    if (place.is_empty() || place.may_have(reader)) return &place;
  }
  return nullptr;
}

bool TrackedKey::has(Reader reader) const {
  const Neighbours* const place = const_cast<TrackedKey*>(this)->find(reader);
  return place != nullptr && !place->is_empty() && place->has(reader);
}

TrackedKey* TrackedKey::add(Reader reader) {
  Neighbours* const place = find(reader);
  const bool has_neighbours = place != nullptr && !place->is_empty();
  if (!has_neighbours && taken_ >= taken_max(place_count_)) {
    TrackedKey* const larger = enlarged();
    destroy();
    return larger->add(reader);
  }
  if (has_neighbours) {
    place->add(reader);
  } else {
    *place = Neighbours(reader);
    ++taken_;
  }
  ++count_;
  return this;
}

TrackedKey* TrackedKey::enlarged() const {
  TrackedKey* const larger = make_empty(key(), places().size() * 2);
  for (const Neighbours& known : places())
    if (!known.is_empty()) *larger->find(known.lowest()) = known;
  larger->taken_ = taken_;
  larger->count_ = count_;
  return larger;
}

void TrackedKey::append_readers(std::vector<Reader>& readers) const {
  const auto before = static_cast<std::ptrdiff_t>(readers.size());
  for (const Neighbours& some : places())
    if (!some.is_empty()) some.append_to(readers);
  std::sort(readers.begin() + before, readers.end());
}

TrackedKeys::Added TrackedKeys::add(const store::HashedKey& key, Reader reader) {
  if (const auto at = table_.find(key.key, key.hash)) {
    TrackedKey& known = **at.slot;
    if (known.has(reader)) [[likely]]
      return Added::nothing;
    if (known.reader_count() >= readers_max) return Added::full;
    table_.replace(at, Slot(known.add(reader)));
    return Added::reader;
  }
  table_.insert(key.hash, Slot(TrackedKey::make(key.key, reader)));
  return Added::key;
}

bool TrackedKeys::take(const store::HashedKey& key, std::vector<Reader>& readers) {
  readers.clear();
  const auto at = table_.find(key.key, key.hash);
  if (!at) return false;
  const Slot slot = table_.erase(at, key.hash);
  slot->append_readers(readers);
  slot.destroy();
  return true;
}

std::string_view TrackedKeys::random_key(std::uint64_t random) const {
  return (*table_.random_slot(random))->key();
}

}  // namespace duplex::commands
