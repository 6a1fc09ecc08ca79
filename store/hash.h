// The value of a hash, whichever way it is kept.
#pragma once

#include "base/numbers.h"
#include "store/entry.h"
#include "store/field_table.h"
#include "store/listpack.h"
#include "store/packed_pairs.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::store {

// Reads the hash of an entry: packed fields and values, in a listpack or inside the entry, or a
// FieldTable, which also knows fields that end. Fields that have ended at the view's time are there
// only for size().
//
// Texts are valid until the hash is changed, and as long as their scratch.
class HashView {
 public:
  // Where a field stands: a packed element, or an Entry. Valid until the hash is changed.
  using Place = std::uintptr_t;
  static constexpr Place nowhere = 0;

  // A time at which nothing has ended.
  static constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();

  // Requires: the entry is a hash.
  explicit HashView(const Entry& entry, std::int64_t now_ms = before_all)
      : entry_(const_cast<Entry*>(&entry)), now_ms_(now_ms) {}

  bool is_packed() const { return entry_->encoding() == Encoding::listpack; }
  // Including fields that have ended and were not removed yet.
  std::size_t size() const;
  bool is_empty() const { return is_packed() ? pairs().is_empty() : table().size() == 0; }
  // Whether fields may have ended that were not removed yet.
  bool may_have_ended() const {
    return entry_->has_timed_fields() && table().earliest_expiry_ms() <= now_ms_;
  }

  // nowhere if there is no such field.
  Place find(std::string_view field) const {
    const Place at = find_any(field);
    return at != nowhere && has_ended_at(at) ? nowhere : at;
  }
  bool contains(std::string_view field) const { return find(field) != nowhere; }
  // Whether the field was there and has ended.
  bool has_ended(std::string_view field) const {
    const Place at = find_any(field);
    return at != nowhere && has_ended_at(at);
  }
  // `scratch` has int64_digits_max bytes.
  std::string_view field(Place at, char* scratch) const {
    return is_packed() ? text_of(packed_element(at), scratch) : field_entry(at)->key();
  }
  std::string_view value(Place at, char* scratch) const {
    return is_packed() ? text_of(pairs().next(packed_element(at)), scratch)
                       : field_entry(at)->text(scratch);
  }
  // When a field ends; no_expiry if it does not.
  std::int64_t expiry_ms(Place at) const {
    return is_packed() ? no_expiry : field_entry(at)->expiry_ms();
  }

  // Calls visit(field, value) for each field.
  template <typename Visit>
  void for_each(Visit&& visit) const;
  // Appends the place of each field.
  void places(std::vector<Place>& out) const;
  // A field chosen with `random` (any 64 bits); may be one that has ended. Requires: not empty.
  Place random_place(std::uint64_t random) const;
  // As PageTable's, with visit(field, value); a listpack is visited as a whole.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const;
  // The same with visit(field, value, expiry_ms).
  template <typename Visit>
  std::uint64_t scan_timed(std::uint64_t cursor, std::size_t count, Visit&& visit) const;
  // Not above the earliest time at which a field ends. Requires: fields have times.
  std::int64_t earliest_expiry_ms() const { return table().earliest_expiry_ms(); }

  // The bytes of a listpack with all fields, which is in `scratch` if the hash is not kept as one.
  // Requires: is_packed().
  std::string_view packed_bytes(Listpack& scratch) const;

 protected:
  PackedPairs pairs() const {
    return entry_->is_compact() ? PackedPairs::of_compact(entry_->compact_bytes())
                                : PackedPairs::of(ListpackView(entry_->collection()));
  }
  static const char* packed_element(Place at) { return reinterpret_cast<const char*>(at); }
  static std::string_view text_of(const char* element, char* scratch) {
    return listpack_element::item_of(element).text(scratch);
  }
  FieldTable& table() const { return *static_cast<FieldTable*>(entry_->collection()); }
  static Entry* field_entry(Place at) { return reinterpret_cast<Entry*>(at); }
  bool has_ended_at(Place at) const {
    return entry_->has_timed_fields() && field_entry(at)->is_expired(now_ms_);
  }
  Place find_any(std::string_view field) const;

  Entry* entry_;
  std::int64_t now_ms_;
};

// Changes the hash of an entry. A listpack becomes a table when it grows beyond hash_entries or
// hash_value of packed_limits(), or when one of its fields is to end.
//
// Requires for all texts given: they do not lie in this hash. Whoever changes expiries tells the
// keyspace's table afterwards (note_expiry()).
class Hash : public HashView {
 public:
  explicit Hash(Entry& entry, std::int64_t now_ms = before_all) : HashView(entry, now_ms) {}

  // An entry with an empty hash.
  static EntryPtr make(std::string_view key, std::int64_t expiry_ms);

  enum class Expiry : std::uint8_t { remove, keep };
  // Returns whether the field is new. One that has ended is overwritten as if it was not there.
  bool set(std::string_view field, std::string_view value, Expiry expiry = Expiry::remove);
  // For filling a hash: the field may not be there yet, else false and nothing happens.
  bool insert(std::string_view field, std::string_view value, std::int64_t expiry_ms = no_expiry);
  // Removes a field, also one that has ended; returns whether it was there.
  bool erase(std::string_view field);
  // Returns whether the field is there. `expiry_ms` may be no_expiry.
  bool set_expiry(std::string_view field, std::int64_t expiry_ms);

  // Appends the names of up to `limit` fields that have ended, of those that were not looked at
  // before; returns whether these are all. They have to be erased before the next call.
  bool collect_ended(std::size_t limit, std::vector<std::string>& fields) {
    return table().collect_ended(now_ms_, limit, fields);
  }
  // Makes a table of it, whatever its size; for larger numbers of fields that are to come.
  void unpack();
  // Takes over a listpack of fields and values. Requires: the hash is empty and packed.
  void adopt(Listpack pack);
  // The entry with the hash inside it instead of a listpack; nullptr if it cannot be or is so
  // already. To be put in the place of this entry when the changes are over.
  EntryPtr compacted() const;

 private:
  bool fits_packed(std::string_view field, std::string_view value) const;
  bool set_packed(std::string_view field, std::string_view value);
  // The packed fields, out of the entry's hands until put_back().
  Listpack take_pack();
  void put_back(Listpack pack) { entry_->change_collection(Encoding::listpack, pack.release()); }
  void update_mark() { entry_->mark_timed_fields(table().expiring() != 0); }
};

template <typename Visit>
void HashView::for_each(Visit&& visit) const {
  char value_scratch[base::int64_digits_max];
  if (is_packed()) {
    char field_scratch[base::int64_digits_max];
    const PackedPairs packed = pairs();
    for (const char* at = packed.begin(); at != packed.end();) {
      const char* const value_at = packed.next(at);
      visit(text_of(at, field_scratch), text_of(value_at, value_scratch));
      at = packed.next(value_at);
    }
    return;
  }
  const bool check = may_have_ended();
  table().for_each([&](const Entry& field) {
    if (check && field.is_expired(now_ms_)) return;
    visit(field.key(), field.text(value_scratch));
  });
}

template <typename Visit>
std::uint64_t HashView::scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const {
  return scan_timed(cursor, count, [&](std::string_view field, std::string_view value, auto) {
    visit(field, value);
  });
}

template <typename Visit>
std::uint64_t HashView::scan_timed(std::uint64_t cursor, std::size_t count, Visit&& visit) const {
  if (is_packed()) {
    for_each([&](std::string_view field, std::string_view value) {
      visit(field, value, no_expiry);
    });
    return 0;
  }
  char scratch[base::int64_digits_max];
  return table().scan(cursor, count, [&](const Entry& field) {
    if (!field.is_expired(now_ms_)) visit(field.key(), field.text(scratch), field.expiry_ms());
  });
}

}  // namespace duplex::store
