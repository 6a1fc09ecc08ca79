// Hashes: fields in a listpack while they are few and short, in a table when not.
#include "store/hash.h"

#include "base/assert.h"
#include "base/hash.h"
#include "store/packed_limits.h"

#include <memory>
#include <utility>

namespace duplex::store {

namespace {

std::size_t limit_of(const std::atomic<std::int64_t>& limit) {
  const std::int64_t value = limit.load(std::memory_order_relaxed);
  return value < 0 ? 0 : static_cast<std::size_t>(value);
}

// Hashes up to this size are kept inside their entries. Beyond it copying them for each change
// costs more than the memory is worth.
constexpr std::size_t compact_bytes_max = 256;

}  // namespace

HashView::Place HashView::find_any(std::string_view field) const {
  if (is_packed()) {
    const PackedPairs packed = pairs();
    const char* const at = packed.find(field);
    return at == packed.end() ? nowhere : reinterpret_cast<Place>(at);
  }
  const Table::Position at = table().find(field, base::hash_bytes(field));
  return at ? reinterpret_cast<Place>(at.entry()) : nowhere;
}

void HashView::places(std::vector<Place>& out) const {
  out.reserve(out.size() + size());
  if (is_packed()) {
    const PackedPairs packed = pairs();
    for (const char* at = packed.begin(); at != packed.end(); at = packed.next(packed.next(at)))
      out.push_back(reinterpret_cast<Place>(at));
    return;
  }
  const bool check = may_have_ended();
  table().for_each([&](const Entry& field) {
    if (!check || !field.is_expired(now_ms_)) out.push_back(reinterpret_cast<Place>(&field));
  });
}

HashView::Place HashView::random_place(std::uint64_t random) const {
  if (is_packed()) return reinterpret_cast<Place>(pairs().field_at(random % size()));
  return reinterpret_cast<Place>(table().random_entry(random));
}

std::size_t HashView::size() const {
  if (!is_packed()) return table().size();
  // A listpack knows it without being walked over.
  return entry_->is_compact() ? pairs().count() : ListpackView(entry_->collection()).size() / 2;
}

std::string_view HashView::packed_bytes(Listpack& scratch) const {
  if (!entry_->is_compact()) return ListpackView(entry_->collection()).blob();
  scratch = Listpack::from_bodies(entry_->compact_bytes());
  return scratch.blob();
}

EntryPtr Hash::make(std::string_view key, std::int64_t expiry_ms) {
  return Entry::make_collection(
      key, ValueType::hash, Encoding::listpack, Listpack().release(), expiry_ms);
}

bool Hash::fits_packed(std::string_view field, std::string_view value) const {
  const std::size_t text_max = limit_of(packed_limits().hash_value);
  return field.size() <= text_max && value.size() <= text_max &&
         pairs().bytes() + field.size() + value.size() < Listpack::bytes_max;
}

bool Hash::set_packed(std::string_view field, std::string_view value) {
  Listpack packed = take_pack();
  const std::size_t at = packed.find(field, packed.first(), 2);
  if (at != Listpack::none) {
    packed.replace(packed.next(at), value);
  } else {
    packed.append(field);
    packed.append(value);
  }
  put_back(std::move(packed));
  return at == Listpack::none;
}

bool Hash::set(std::string_view field, std::string_view value, Expiry expiry) {
  if (is_packed()) {
    if (fits_packed(field, value)) {
      const bool is_new = set_packed(field, value);
      if (is_new && size() > limit_of(packed_limits().hash_entries)) unpack();
      return is_new;
    }
    unpack();
  }
  FieldTable& fields = table();
  const std::uint64_t hash = base::hash_bytes(field);
  const Table::Position at = fields.find(field, hash);
  if (!at) {
    fields.insert(hash, Entry::make_string(field, value, no_expiry));
    return true;
  }
  Entry* old = at.entry();
  const bool ended = old->is_expired(now_ms_);
  const std::int64_t expiry_ms = expiry == Expiry::keep && !ended ? old->expiry_ms() : no_expiry;
  if (old->expiry_ms() != expiry_ms || !old->assign_in_place(value)) {
    fields.replace(at, Entry::make_string(field, value, expiry_ms));
    update_mark();
  }
  return ended;
}

bool Hash::insert(std::string_view field, std::string_view value, std::int64_t expiry_ms) {
  if (find_any(field) != nowhere) return false;
  set(field, value);
  if (expiry_ms != no_expiry) set_expiry(field, expiry_ms);
  return true;
}

bool Hash::erase(std::string_view field) {
  if (is_packed()) {
    if (!contains(field)) return false;
    Listpack packed = take_pack();
    const std::size_t at = packed.find(field, packed.first(), 2);
    packed.erase(at, 2);
    put_back(std::move(packed));
    return true;
  }
  FieldTable& fields = table();
  const std::uint64_t hash = base::hash_bytes(field);
  const Table::Position at = fields.find(field, hash);
  if (!at) return false;
  fields.erase(at, hash);
  update_mark();
  return true;
}

bool Hash::set_expiry(std::string_view field, std::int64_t expiry_ms) {
  if (!contains(field)) return false;
  if (is_packed()) {
    if (expiry_ms == no_expiry) return true;
    unpack();
  }
  FieldTable& fields = table();
  const Table::Position at = fields.find(field, base::hash_bytes(field));
  Entry* entry = at.entry();
  if (entry->has_expiry() && expiry_ms != no_expiry) {
    entry->change_expiry(expiry_ms);
    fields.note_expiry(at);
  } else if (entry->expiry_ms() != expiry_ms) {
    fields.replace(at, entry->with_expiry(expiry_ms));
  }
  update_mark();
  return true;
}

Listpack Hash::take_pack() {
  if (entry_->is_compact()) return Listpack::from_bodies(entry_->compact_bytes());
  return Listpack::adopt(entry_->collection());
}

EntryPtr Hash::compacted() const {
  if (!is_packed() || entry_->is_compact()) return nullptr;
  const PackedPairs packed = pairs();
  char bytes[compact_bytes_max];
  const std::size_t size = packed.compact_bytes();
  if (size > compact_bytes_max) return nullptr;
  packed.write_compact(bytes);
  return entry_->with_compact_value({bytes, size});
}

void Hash::unpack() {
  if (!is_packed()) return;
  const Listpack packed = take_pack();
  auto fields = std::make_unique<FieldTable>();
  char field_scratch[base::int64_digits_max];
  char value_scratch[base::int64_digits_max];
  for (std::size_t at = packed.first(); at != Listpack::none;) {
    const std::size_t value_at = packed.next(at);
    const std::string_view field = packed.get(at, field_scratch);
    const std::string_view value = packed.get(value_at, value_scratch);
    fields->insert(base::hash_bytes(field), Entry::make_string(field, value, no_expiry));
    at = packed.next(value_at);
  }
  entry_->change_collection(Encoding::hashtable, fields.release());
}

void Hash::adopt(Listpack pack) {
  DUPLEX_ASSERT(is_packed() && is_empty());
  Listpack::destroy(entry_->collection());
  put_back(std::move(pack));
}

}  // namespace duplex::store
