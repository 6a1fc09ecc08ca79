// The hash table of one shard and database: pages of small groups that grow and split in steps.
#pragma once

#include "base/assert.h"
#include "store/entry.h"
#include "store/hashed_key.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace duplex::store {

// A pointer to an entry whose lowest bit says that the entry has an expiry, so that looking for
// expired keys touches only those entries.
class SlotWord {
 public:
  SlotWord() = default;
  explicit SlotWord(Entry* entry)
      : word_(reinterpret_cast<std::uintptr_t>(entry) | (entry->has_expiry() ? 1u : 0u)) {}

  Entry* entry() const { return reinterpret_cast<Entry*>(word_ & ~std::uintptr_t{1}); }
  bool has_expiry() const { return (word_ & 1) != 0; }

 private:
  std::uintptr_t word_ = 0;
};

// Extendible hashing: the top bits of a hash choose a page, the next ones a group in the page, the
// lowest byte is the tag that is compared sixteen at a time. A page grows by half until it has
// page_groups_max groups and then splits, so no insert ever moves more than one page's entries.
// Pages and groups follow the order of the hashes, which makes a hash a cursor that survives
// growth.
//
// Thread: under the lock of its shard.
class Table {
 public:
  static constexpr std::size_t group_slots = 15;
  static constexpr std::size_t page_groups_max = 30;

  struct Page;
  struct Group;
  // Where an entry stands. Valid until the next insert or erase.
  struct Position {
    Page* page = nullptr;
    Group* group = nullptr;
    SlotWord* slot = nullptr;

    explicit operator bool() const { return slot != nullptr; }
    Entry* entry() const { return slot->entry(); }
  };

  Table();
  ~Table();
  Table(Table&& other) noexcept;
  Table& operator=(Table&& other) noexcept;

  std::size_t size() const { return size_; }
  // How many entries have an expiry.
  std::size_t expiring() const { return expiring_; }
  // No entry ends before this time; no_expiry if none ever does. A lower bound.
  std::int64_t earliest_expiry_ms() const { return earliest_expiry_ms_; }

  Position find(const HashedKey& key) const;
  // Requires: the key is not in the table.
  Position insert(const HashedKey& key, EntryPtr entry);
  // Puts another entry with the same key in the place of this one and returns the old one.
  EntryPtr replace(Position position, EntryPtr entry);
  // Takes an entry out; pages that become sparse shrink.
  EntryPtr erase(Position position, std::uint64_t hash);
  // To be called when an entry's expiry was changed in place.
  void note_expiry(Position position);

  // Brings the group of a hash, then the entry its tag points at, into the cache.
  void prefetch_group(std::uint64_t hash) const;
  void prefetch_entry(std::uint64_t hash) const;

  // Calls `visit(Entry&)` for the entries from hash `cursor` on, in whole groups, until at least
  // `count` were visited. Returns the hash to go on with, 0 at the end; only its upper group_bits
  // plus the depth of the directory may be other than zero. An entry that is there during a whole
  // scan is visited at least once.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const;

  // Calls `visit(Entry&)` for every entry. The table must not change meanwhile.
  template <typename Visit>
  void for_each(Visit&& visit) const;

  // Looks through the pages that may hold entries ended at `now_ms` and appends up to `limit` of
  // them. Returns whether it looked at everything that is due.
  bool collect_expired(std::int64_t now_ms, std::size_t limit, std::vector<Entry*>& expired);

  // An entry chosen with `random` (any 64 bits); nullptr if the table is empty.
  Entry* random_entry(std::uint64_t random) const;

  // Bytes of the pages and the directory, without the entries.
  std::size_t memory_bytes() const;

 private:
  struct Directory {
    Page* page;
    std::uint32_t groups;
    std::uint32_t depth;
  };

  std::size_t directory_index(std::uint64_t hash) const {
    return depth_ == 0 ? 0 : static_cast<std::size_t>(hash >> (64 - depth_));
  }
  void set_page(std::size_t index, Page* page);
  void make_room(std::uint64_t hash);
  void rebuild(std::size_t index, std::uint32_t groups);
  void split(std::size_t index);
  void refresh_earliest();

  std::vector<Directory> directory_;
  std::uint32_t depth_ = 0;
  std::size_t size_ = 0;
  std::size_t expiring_ = 0;
  std::int64_t earliest_expiry_ms_ = no_expiry;
};

// Sixteen bytes of tags and fifteen slots. The last byte of the tags tells which hashes have gone
// on to a later group: one bit for each value of three bits of the hash. It is cleared when the
// page is rebuilt.
struct Table::Group {
  std::array<std::uint8_t, Table::group_slots> tags;
  std::uint8_t overflow;
  std::array<SlotWord, Table::group_slots> slots;
};

// A header, and behind it `groups` groups.
struct Table::Page {
  std::uint32_t depth;
  std::uint32_t groups;
  std::uint32_t count;
  std::int64_t earliest_expiry_ms;

  Group* group(std::size_t index) { return reinterpret_cast<Group*>(this + 1) + index; }
};

// The group that a hash belongs to: the bits below the page's own, scaled to the number of groups.
// So few bits decide that a scan's hashes end in zeros and fit into a cursor with other things.
inline constexpr std::uint32_t group_bits = 16;
inline std::size_t home_group(std::uint64_t hash, std::uint32_t depth, std::uint32_t groups) {
  return static_cast<std::size_t>((((hash << depth) >> (64 - group_bits)) * groups) >> group_bits);
}

template <typename Visit>
void Table::for_each(Visit&& visit) const {
  for (std::size_t index = 0; index < directory_.size();) {
    const Directory& at = directory_[index];
    if (at.page != nullptr) {
      for (std::size_t g = 0; g < at.groups; ++g) {
        Group* group = at.page->group(g);
        for (std::size_t i = 0; i < group_slots; ++i)
          if (group->tags[i] != 0) visit(*group->slots[i].entry());
      }
    }
    index += std::size_t{1} << (depth_ - at.depth);
  }
}

template <typename Visit>
std::uint64_t Table::scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const {
  std::size_t visited = 0;
  for (std::size_t index = directory_index(cursor); index < directory_.size();) {
    const Directory& at = directory_[index];
    const std::size_t first_index = index >> (depth_ - at.depth) << (depth_ - at.depth);
    const std::uint64_t page_start = depth_ == 0 ? 0 : std::uint64_t{first_index} << (64 - depth_);
    const std::size_t next_index = first_index + (std::size_t{1} << (depth_ - at.depth));
    if (at.page != nullptr) {
      std::size_t home = cursor <= page_start ? 0 : home_group(cursor, at.depth, at.groups);
      for (; home < at.groups; ++home) {
        if (visited >= count && count != 0) {
          // The lowest hash whose home is this group: the ceiling of home * 2^16 / groups.
          const std::uint64_t below =
              ((std::uint64_t{home} << group_bits) + at.groups - 1) / at.groups;
          const std::uint64_t next = page_start + (below << (64 - group_bits) >> at.depth);
          if (next > cursor) return next;
        }
        for (std::size_t step = 0; step < at.groups; ++step) {
          Group* group = at.page->group((home + step) % at.groups);
          for (std::size_t i = 0; i < group_slots; ++i) {
            if (group->tags[i] == 0) continue;
            Entry& entry = *group->slots[i].entry();
            const std::uint64_t hash = base::hash_bytes(entry.key());
            if (home_group(hash, at.depth, at.groups) != home) continue;
            ++visited;
            visit(entry);
          }
          if (group->overflow == 0) break;
        }
      }
    }
    if (next_index >= directory_.size()) return 0;
    cursor = std::uint64_t{next_index} << (64 - depth_);
    index = next_index;
    if (visited >= count) return cursor;
  }
  return 0;
}

}  // namespace duplex::store
