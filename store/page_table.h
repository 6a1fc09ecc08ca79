// The hash table of all rooms of this house: pages of small groups that grow and split in steps.
#pragma once

#include "base/assert.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <emmintrin.h>
#include <limits>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::store {

// No slot is ever due.
inline constexpr std::int64_t never_due = std::numeric_limits<std::int64_t>::max();

// What a table holds: eight bytes that stand for one element, usually a pointer with marks in its
// low bits.
template <typename Slot>
concept TableSlot = sizeof(Slot) == 8 && requires(const Slot slot, std::string_view text) {
  { slot.hash() } -> std::convertible_to<std::uint64_t>;  // base::hash_bytes() of its text
  { slot.equals(text) } -> std::convertible_to<bool>;
  { slot.target() } -> std::convertible_to<const void*>;   // what to prefetch; may be null
  { slot.is_timed() } -> std::convertible_to<bool>;        // whether due_ms() is worth a look
  { slot.due_ms() } -> std::convertible_to<std::int64_t>;  // never_due unless is_timed()
  slot.destroy();                                          // frees what it stands for
};

// Extendible hashing: the top bits of a hash choose a page, the next ones a group in the page, the
// lowest byte is the tag that is compared sixteen at a time. A page grows in steps until it has
// page_groups_max groups and then splits, so no insert ever moves more than one page's elements.
// Pages and groups follow the order of the hashes, which makes a hash a cursor that survives
// growth.
//
// Thread: as its owner says; it has no lock.
template <TableSlot Slot>
class PageTable {
 public:
  static constexpr std::size_t group_slots = 15;
  // A page with its header fills 4 KiB.
  static constexpr std::uint32_t page_groups_max = 29;

  // Sixteen bytes of tags and fifteen slots. The last byte of the tags tells which hashes have gone
  // on to a later group: one bit for each value of three bits of the hash. It is cleared when the
  // page is rebuilt.
  struct Group {
    std::array<std::uint8_t, group_slots> tags;
    std::uint8_t overflow;
    std::array<Slot, group_slots> slots;
  };

  // A header, and behind it `groups` groups.
  struct Page {
    std::uint32_t depth;
    std::uint32_t groups;
    std::uint32_t count;
    std::int64_t earliest_due_ms;

    Group* group(std::size_t index) { return reinterpret_cast<Group*>(this + 1) + index; }
  };

  // Where an element stands. Valid until the next insert or erase.
  struct Position {
    Page* page = nullptr;
    Group* group = nullptr;
    Slot* slot = nullptr;

    explicit operator bool() const { return slot != nullptr; }
    // For slots that have entries.
    auto* entry() const { return slot->entry(); }
  };

  PageTable() : directory_(1, Directory{nullptr, 0, 0}) {}
  ~PageTable() {
    for_each([](const Slot& slot) { slot.destroy(); });
    for (std::size_t index = 0; index < directory_.size(); index += span_of(directory_[index]))
      ::operator delete(directory_[index].page);
  }
  PageTable(PageTable&& other) noexcept : PageTable() { *this = std::move(other); }
  PageTable& operator=(PageTable&& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(depth_, other.depth_);
    std::swap(size_, other.size_);
    std::swap(earliest_due_ms_, other.earliest_due_ms_);
    return *this;
  }

  std::size_t size() const { return size_; }
  // No element is due before this time; never_due if none ever is. A lower bound.
  std::int64_t earliest_due_ms() const { return earliest_due_ms_; }

  Position find(std::string_view text, std::uint64_t hash) const;
  // Requires: the text is not in the table.
  Position insert(std::uint64_t hash, Slot slot);
  // Puts another slot with the same text in the place of this one and returns the old one.
  Slot replace(Position position, Slot slot);
  // Takes a slot out; pages that become sparse shrink.
  Slot erase(Position position, std::uint64_t hash);
  // To be called when the time of a slot was changed in place.
  void note_due(Position position);

  // Brings the group of a hash, then the element its tag points at, into the cache.
  void prefetch_group(std::uint64_t hash) const;
  void prefetch_target(std::uint64_t hash) const;

  // Calls `visit(const Slot&)` for the elements from hash `cursor` on, in whole groups, until at
  // least `count` were visited. Returns the hash to go on with, 0 at the end; only its upper
  // group_bits plus the depth of the directory may be other than zero. An element that is there
  // during a whole scan is visited at least once.
  template <typename Visit>
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const;

  // The same with `visit(std::uint64_t hash, const Slot&)`. The hash returned divides exactly: the
  // elements of lower hashes were visited, and maybe some from before `cursor` again.
  template <typename Visit>
  std::uint64_t scan_hashes(std::uint64_t cursor, std::size_t count, Visit&& visit) const;

  // Calls `visit(const Slot&)` for every element. The table must not change meanwhile.
  template <typename Visit>
  void for_each(Visit&& visit) const;

  // Calls `visit(const Slot&)` for the elements from a random place (any 64 bits) on, all around
  // the table, until it answers false.
  template <typename Visit>
  void visit_from(std::uint64_t random, Visit&& visit) const;

  // Looks through the pages that may hold elements due at `now_ms` and appends up to `limit` of
  // them. Returns whether it looked at everything that is due. What is collected has to be erased,
  // or told to note_due() again, before the next collect.
  bool collect_due(std::int64_t now_ms, std::size_t limit, std::vector<Slot>& due);

  // An element chosen with `random` (any 64 bits); nullptr if the table is empty.
  const Slot* random_slot(std::uint64_t random) const;

  // Bytes of the pages and the directory, without what the slots stand for.
  std::size_t memory_bytes() const;

 private:
  struct Directory {
    Page* page;
    std::uint32_t groups;
    std::uint32_t depth;
  };

  // The sizes of pages: each fills a size class of the allocator well.
  static constexpr std::array<std::uint32_t, 10> steps{1, 2, 3, 5, 7, 9, 13, 18, 22, 29};
  static_assert(steps.back() == page_groups_max);
  // A page grows when seven eighths of its slots are taken.
  static constexpr std::size_t fill_max(std::size_t groups) { return groups * group_slots * 7 / 8; }
  // A page with fewer than one slot in this many taken is made smaller.
  static constexpr std::size_t sparse_factor = 5;

  // The smallest page with a fifth of its slots free.
  static std::uint32_t groups_for(std::size_t count) {
    for (const std::uint32_t groups : steps)
      if (count <= groups * group_slots * 4 / 5) return groups;
    return page_groups_max;
  }
  static std::uint32_t next_step(std::uint32_t groups) {
    return *std::upper_bound(steps.begin(), steps.end() - 1, groups);
  }
  // The group that a hash belongs to: the bits below the page's own, scaled to the number of
  // groups. So few bits decide that a scan's hashes end in zeros and fit into a cursor with other
  // things.
  static constexpr std::uint32_t group_bits = 16;
  static std::size_t home_group(std::uint64_t hash, std::uint32_t depth, std::uint32_t groups) {
    return static_cast<std::size_t>((((hash << depth) >> (64 - group_bits)) * groups) >>
                                    group_bits);
  }
  static std::uint8_t tag_of(std::uint64_t hash) {
    const auto tag = static_cast<std::uint8_t>(hash);
    return tag == 0 ? std::uint8_t{1} : tag;
  }
  static std::uint8_t overflow_bit(std::uint64_t hash) {
    return static_cast<std::uint8_t>(1u << ((hash >> 8) & 7));
  }
  // One bit for each slot of the group whose tag equals `tag`.
  static unsigned matches(const Group& group, std::uint8_t tag) {
    static_assert(sizeof(Group) == 136);
    const __m128i tags = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group.tags.data()));
    const __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
    return static_cast<unsigned>(_mm_movemask_epi8(equal)) & 0x7fffu;
  }

  static Page* make_page(std::uint32_t depth, std::uint32_t groups);
  static Position place(Page& page, std::uint64_t hash, Slot slot);
  template <typename Take>
  static void drain(Page& page, Take&& take);

  std::size_t directory_index(std::uint64_t hash) const {
    return depth_ == 0 ? 0 : static_cast<std::size_t>(hash >> (64 - depth_));
  }
  // How many places of the directory share this one's page.
  std::size_t span_of(const Directory& at) const { return std::size_t{1} << (depth_ - at.depth); }
  void set_pages(std::size_t index, Directory value) {
    const std::size_t span = span_of(value);
    const std::size_t first = index / span * span;
    std::fill_n(directory_.begin() + static_cast<std::ptrdiff_t>(first), span, value);
  }
  void set_page(std::size_t index, Page* page) {
    set_pages(index, {page, page->groups, page->depth});
  }
  void make_room(std::uint64_t hash);
  void rebuild(std::size_t index, std::uint32_t groups);
  void split(std::size_t index);
  void refresh_earliest();

  std::vector<Directory> directory_;
  std::uint32_t depth_ = 0;
  std::size_t size_ = 0;
  std::int64_t earliest_due_ms_ = never_due;
};

}  // namespace duplex::store

#include "store/page_table_steps.h"
