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
// so that looking for what has ended touches only those entries; and that a snapshot does not need
// it any more.
class EntrySlot {
 public:
  EntrySlot() = default;
  explicit EntrySlot(Entry* entry)
      : word_(reinterpret_cast<std::uintptr_t>(entry) | (entry->has_expiry() ? expiry_mark : 0) |
              (entry->has_timed_fields() ? fields_mark : 0)) {}

  Entry* entry() const { return reinterpret_cast<Entry*>(word_ & ~all_marks); }
  bool has_expiry() const { return (word_ & expiry_mark) != 0; }

  std::uint64_t hash() const { return base::hash_bytes(entry()->key()); }
  bool equals(std::string_view key) const { return entry()->key() == key; }
  const void* target() const { return entry(); }
  bool is_timed() const { return (word_ & (expiry_mark | fields_mark)) != 0; }
  std::int64_t due_ms() const { return entry()->due_ms(); }
  void destroy() const { EntryDeleter()(entry()); }

  // Whether a snapshot that has not come here yet has the entry, or is not to have it.
  bool is_saved() const { return (word_ & saved_mark) != 0; }
  void mark_saved() { word_ |= saved_mark; }
  void clear_saved() { word_ &= ~saved_mark; }
  void take_saved_mark(const EntrySlot& other) { word_ |= other.word_ & saved_mark; }

 private:
  static constexpr std::uintptr_t expiry_mark = 1;
  static constexpr std::uintptr_t fields_mark = 2;
  static constexpr std::uintptr_t saved_mark = 4;
  static constexpr std::uintptr_t all_marks = expiry_mark | fields_mark | saved_mark;

  std::uintptr_t word_ = 0;
};

// How far a snapshot has come in a table: in the order of hashes, up to `cursor`.
struct SnapshotWalk {
  bool is_open = false;  // there is something left
  int database = 0;      // the table's database at the cut
  std::uint64_t cursor = 0;
};

// A part of a table that a snapshot takes in at once.
struct SnapshotStep {
  std::vector<EntrySlot*> slots;   // those that are to be saved
  std::vector<EntrySlot*> marked;  // the others
  std::uint64_t next = 0;
};

// A PageTable that owns entries.
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
    std::swap(walk_, other.walk_);
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
    EntrySlot slot(entry.release());
    slot.take_saved_mark(*position.slot);
    return EntryPtr(PageTable::replace(position, slot).entry());
  }
  // Takes an entry out; pages that become sparse shrink.
  EntryPtr erase(Position position, std::uint64_t hash) {
    if (position.slot->has_expiry()) --expiring_;
    return EntryPtr(PageTable::erase(position, hash).entry());
  }
  // To be called when the expiry of an entry, or of its fields, was changed in place.
  void note_expiry(Position position) {
    EntrySlot slot(position.entry());
    slot.take_saved_mark(*position.slot);
    *position.slot = slot;
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

  // --- a snapshot in progress, see snapshot.h ---
  const SnapshotWalk& walk() const { return walk_; }
  // Begins a walk if there is anything to walk.
  void open_walk(int database) {
    walk_ = {.is_open = size() != 0, .database = database, .cursor = 0};
  }
  // Whether the walk has still to come to this hash.
  bool awaits(std::uint64_t hash) const { return walk_.is_open && hash >= walk_.cursor; }
  // Finds the next `count` slots, or a few more. Valid until the next change of the table.
  void next_step(std::size_t count, SnapshotStep& step);
  // Goes on behind that step, whose slots need no mark any more.
  void finish_step(const SnapshotStep& step);
  // Gives the walk up and takes its marks away.
  void abandon_walk();

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
  SnapshotWalk walk_;
};

}  // namespace duplex::store
