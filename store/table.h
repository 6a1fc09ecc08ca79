// The hash table of one shard and database: entries found by their key.
#pragma once

#include "store/entry.h"
#include "store/hashed_key.h"
#include "store/page_table.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::store {

// A pointer to an entry whose low bits say that the entry has an expiry, or fields that have one,
// so that looking for what has ended touches only those entries.
class EntrySlot {
 public:
  EntrySlot() = default;
  explicit EntrySlot(Entry* entry)
      : word_(reinterpret_cast<std::uintptr_t>(entry) | (entry->has_expiry() ? expiry_mark : 0) |
              (entry->has_timed_fields() ? fields_mark : 0)) {}

  Entry* entry() const { return reinterpret_cast<Entry*>(word_ & ~(expiry_mark | fields_mark)); }
  bool has_expiry() const { return (word_ & expiry_mark) != 0; }

  std::uint64_t hash() const { return base::hash_bytes(entry()->key()); }
  bool equals(std::string_view key) const { return entry()->key() == key; }
  const void* target() const { return entry(); }
  bool is_timed() const { return (word_ & (expiry_mark | fields_mark)) != 0; }
  std::int64_t due_ms() const { return entry()->due_ms(); }
  void destroy() const { EntryDeleter()(entry()); }

 private:
  static constexpr std::uintptr_t expiry_mark = 1;
  static constexpr std::uintptr_t fields_mark = 2;

  std::uintptr_t word_ = 0;
};

// A PageTable that owns entries. The fields of a large hash are kept in one as well.
//
// Thread: under the lock of its shard.
class Table : public PageTable<EntrySlot> {
 public:
  // How many entries have an expiry.
  std::size_t expiring() const { return expiring_; }
  // No entry ends before this time; no_expiry if none ever does. A lower bound.
  std::int64_t earliest_expiry_ms() const { return earliest_due_ms(); }

  Table() = default;
  Table(Table&& other) noexcept { *this = std::move(other); }
  Table& operator=(Table&& other) noexcept {
    PageTable::operator=(std::move(other));
    std::swap(expiring_, other.expiring_);
    return *this;
  }

  Position find(const HashedKey& key) const { return PageTable::find(key.key, key.hash); }
  using PageTable::find;
  // Requires: the key is not in the table.
  Position insert(std::uint64_t hash, EntryPtr entry) {
    if (entry->has_expiry()) ++expiring_;
    return PageTable::insert(hash, EntrySlot(entry.release()));
  }
  Position insert(const HashedKey& key, EntryPtr entry) {
    return insert(key.hash, std::move(entry));
  }
  // Puts another entry with the same key in the place of this one and returns the old one.
  EntryPtr replace(Position position, EntryPtr entry) {
    if (position.slot->has_expiry()) --expiring_;
    if (entry->has_expiry()) ++expiring_;
    return EntryPtr(PageTable::replace(position, EntrySlot(entry.release())).entry());
  }
  // Takes an entry out; pages that become sparse shrink.
  EntryPtr erase(Position position, std::uint64_t hash) {
    if (position.slot->has_expiry()) --expiring_;
    return EntryPtr(PageTable::erase(position, hash).entry());
  }
  // To be called when the expiry of an entry, or of its fields, was changed in place.
  void note_expiry(Position position) {
    *position.slot = EntrySlot(position.entry());
    if (position.slot->is_timed()) note_due(position);
  }

  // Appends up to `limit` entries that have ended, or fields of which have, at `now_ms`. Returns
  // whether it looked at everything that is due. They have to be erased, or their fields, before
  // the shard is unlocked.
  bool collect_expired(std::int64_t now_ms, std::size_t limit, std::vector<Entry*>& expired);

  // An entry chosen with `random` (any 64 bits); nullptr if the table is empty.
  Entry* random_entry(std::uint64_t random) const {
    const EntrySlot* slot = random_slot(random);
    return slot == nullptr ? nullptr : slot->entry();
  }

  // As PageTable's, with `visit(Entry&)`.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const {
    return PageTable::scan(cursor, count, [&](const EntrySlot& slot) { visit(*slot.entry()); });
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    PageTable::for_each([&](const EntrySlot& slot) { visit(*slot.entry()); });
  }

 private:
  std::size_t expiring_ = 0;
};

}  // namespace duplex::store
