// The hash table of one shard and database: find, insert, erase, and how pages grow.
#include "store/table.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

#include "base/assert.h"

namespace duplex::store {

namespace {

// A page grows when seven eighths of its slots are taken.
constexpr std::size_t fill_max(std::size_t groups) { return groups * Table::group_slots * 7 / 8; }

// A page with fewer than one slot in this many taken is made smaller.
constexpr std::size_t sparse_factor = 5;

// Groups for `count` entries with about a third of the slots free.
std::uint32_t groups_for(std::size_t count) {
  const std::size_t slots = count + count / 2;
  return static_cast<std::uint32_t>(
      std::clamp<std::size_t>(slots / Table::group_slots + 1, 1, Table::page_groups_max));
}

std::uint8_t tag_of(std::uint64_t hash) {
  const auto tag = static_cast<std::uint8_t>(hash);
  return tag == 0 ? std::uint8_t{1} : tag;
}

std::uint8_t overflow_bit(std::uint64_t hash) {
  return static_cast<std::uint8_t>(1u << ((hash >> 8) & 7));
}

// One bit for each slot of the group whose tag equals `tag`.
unsigned matches(const Table::Group& group, std::uint8_t tag) {
  const __m128i tags = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group.tags.data()));
  const __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(tag)));
  return static_cast<unsigned>(_mm_movemask_epi8(equal)) & 0x7fffu;
}

static_assert(sizeof(Table::Group) == 136);

Table::Page* make_page(std::uint32_t depth, std::uint32_t groups) {
  const std::size_t bytes = sizeof(Table::Page) + groups * sizeof(Table::Group);
  auto* page = static_cast<Table::Page*>(::operator new(bytes));
  std::memset(static_cast<void*>(page), 0, bytes);
  page->depth = depth;
  page->groups = groups;
  page->earliest_expiry_ms = no_expiry;
  return page;
}

// Puts a word into the first free slot from its home group on. Requires: the page is not full.
Table::Position place(Table::Page& page, std::uint64_t hash, SlotWord word) {
  std::size_t g = home_group(hash, page.depth, page.groups);
  while (true) {
    Table::Group* group = page.group(g);
    if (const unsigned free = matches(*group, 0); free != 0) {
      const auto i = static_cast<std::size_t>(std::countr_zero(free));
      group->tags[i] = tag_of(hash);
      group->slots[i] = word;
      ++page.count;
      return {&page, group, &group->slots[i]};
    }
    group->overflow |= overflow_bit(hash);
    if (++g == page.groups) g = 0;
  }
}

// Calls take(hash, word) for each entry of the page, with the entries fetched ahead in groups.
template <typename Take>
void drain(Table::Page& page, Take&& take) {
  for (std::size_t g = 0; g < page.groups; ++g) {
    if (g + 1 < page.groups) {
      Table::Group* ahead = page.group(g + 1);
      for (std::size_t i = 0; i < Table::group_slots; ++i)
        if (ahead->tags[i] != 0) __builtin_prefetch(ahead->slots[i].entry());
    }
    Table::Group* group = page.group(g);
    for (std::size_t i = 0; i < Table::group_slots; ++i)
      if (group->tags[i] != 0)
        take(base::hash_bytes(group->slots[i].entry()->key()), group->slots[i]);
  }
}

void note_in_page(Table::Page& page, const Entry& entry) {
  page.earliest_expiry_ms = std::min(page.earliest_expiry_ms, entry.expiry_ms());
}

}  // namespace

Table::Table() : directory_(1, Directory{nullptr, 0, 0}) {}

Table::~Table() {
  for_each([](Entry& entry) { EntryDeleter()(&entry); });
  for (std::size_t index = 0; index < directory_.size();) {
    const Directory at = directory_[index];
    ::operator delete(at.page);
    index += std::size_t{1} << (depth_ - at.depth);
  }
}

Table::Table(Table&& other) noexcept : Table() { *this = std::move(other); }

Table& Table::operator=(Table&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(depth_, other.depth_);
  std::swap(size_, other.size_);
  std::swap(expiring_, other.expiring_);
  std::swap(earliest_expiry_ms_, other.earliest_expiry_ms_);
  return *this;
}

Table::Position Table::find(const HashedKey& key) const {
  const Directory& at = directory_[directory_index(key.hash)];
  if (at.page == nullptr) return {};
  const std::uint8_t tag = tag_of(key.hash);
  std::size_t g = home_group(key.hash, at.depth, at.groups);
  for (std::size_t step = 0; step < at.groups; ++step) {
    Table::Group* group = at.page->group(g);
    for (unsigned found = matches(*group, tag); found != 0; found &= found - 1) {
      SlotWord& slot = group->slots[static_cast<std::size_t>(std::countr_zero(found))];
      if (slot.entry()->key() == key.key) return {at.page, group, &slot};
    }
    if ((group->overflow & overflow_bit(key.hash)) == 0) return {};
    if (++g == at.groups) g = 0;
  }
  return {};
}

Table::Position Table::insert(const HashedKey& key, EntryPtr entry) {
  make_room(key.hash);
  Page* page = directory_[directory_index(key.hash)].page;
  Entry* raw = entry.release();
  const Position position = place(*page, key.hash, SlotWord(raw));
  ++size_;
  if (raw->has_expiry()) {
    ++expiring_;
    note_expiry(position);
  }
  return position;
}

EntryPtr Table::replace(Position position, EntryPtr entry) {
  EntryPtr old(position.entry());
  if (position.slot->has_expiry()) --expiring_;
  *position.slot = SlotWord(entry.release());
  if (position.slot->has_expiry()) {
    ++expiring_;
    note_expiry(position);
  }
  return old;
}

EntryPtr Table::erase(Position position, std::uint64_t hash) {
  EntryPtr old(position.entry());
  if (position.slot->has_expiry()) --expiring_;
  position.group->tags[static_cast<std::size_t>(position.slot - position.group->slots.data())] = 0;
  Page* page = position.page;
  --page->count;
  --size_;
  if (page->count * sparse_factor < page->groups * group_slots)
    rebuild(directory_index(hash), page->count == 0 ? 0 : groups_for(page->count));
  return old;
}

void Table::note_expiry(Position position) {
  note_in_page(*position.page, *position.entry());
  earliest_expiry_ms_ = std::min(earliest_expiry_ms_, position.entry()->expiry_ms());
}

void Table::prefetch_group(std::uint64_t hash) const {
  const Directory& at = directory_[directory_index(hash)];
  if (at.page == nullptr) return;
  const auto* group =
      reinterpret_cast<const char*>(at.page->group(home_group(hash, at.depth, at.groups)));
  __builtin_prefetch(group);
  __builtin_prefetch(group + 64);
  __builtin_prefetch(group + 128);
}

void Table::prefetch_entry(std::uint64_t hash) const {
  const Directory& at = directory_[directory_index(hash)];
  if (at.page == nullptr) return;
  Table::Group* group = at.page->group(home_group(hash, at.depth, at.groups));
  const unsigned found = matches(*group, tag_of(hash));
  if (found == 0) return;
  const auto* entry = reinterpret_cast<const char*>(
      group->slots[static_cast<std::size_t>(std::countr_zero(found))].entry());
  __builtin_prefetch(entry);
  __builtin_prefetch(entry + 64);
}

void Table::set_page(std::size_t index, Page* page) {
  const std::size_t span = std::size_t{1} << (depth_ - page->depth);
  const std::size_t first = index / span * span;
  for (std::size_t i = first; i < first + span; ++i)
    directory_[i] = {page, page->groups, page->depth};
}

void Table::make_room(std::uint64_t hash) {
  while (true) {
    const std::size_t index = directory_index(hash);
    Page* page = directory_[index].page;
    if (page == nullptr) {
      set_page(index, make_page(directory_[index].depth, 1));
      return;
    }
    if (page->count < fill_max(page->groups)) return;
    if (page->groups < page_groups_max) {
      const auto grown = static_cast<std::uint32_t>(std::min<std::size_t>(
          page->groups + std::max<std::size_t>(1, page->groups / 2), page_groups_max));
      rebuild(index, grown);
      return;
    }
    split(index);
  }
}

void Table::rebuild(std::size_t index, std::uint32_t groups) {
  Page* page = directory_[index].page;
  if (groups == page->groups) return;
  if (groups == 0) {
    const std::size_t span = std::size_t{1} << (depth_ - page->depth);
    const std::size_t first = index / span * span;
    for (std::size_t i = first; i < first + span; ++i)
      directory_[i] = {nullptr, 0, page->depth};
  } else {
    Page* other = make_page(page->depth, groups);
    other->earliest_expiry_ms = page->earliest_expiry_ms;
    drain(*page, [&](std::uint64_t hash, SlotWord word) { place(*other, hash, word); });
    set_page(index, other);
  }
  ::operator delete(page);
}

void Table::split(std::size_t index) {
  Page* page = directory_[index].page;
  if (page->depth == depth_) {
    std::vector<Directory> doubled(directory_.size() * 2);
    for (std::size_t i = 0; i < doubled.size(); ++i)
      doubled[i] = directory_[i / 2];
    directory_ = std::move(doubled);
    ++depth_;
    index *= 2;
  }
  const std::uint32_t depth = page->depth + 1;
  // Room for a lopsided split as well: the halves grow by themselves when they need to.
  Page* halves[2] = {make_page(depth, groups_for(page->count * 3 / 4)),
                     make_page(depth, groups_for(page->count * 3 / 4))};
  drain(*page, [&](std::uint64_t hash, SlotWord word) {
    Page*& half = halves[(hash >> (64 - depth)) & 1];
    if (half->count == half->groups * group_slots) {
      Page* larger = make_page(depth, page_groups_max);
      larger->earliest_expiry_ms = half->earliest_expiry_ms;
      drain(*half, [&](std::uint64_t h, SlotWord w) { place(*larger, h, w); });
      ::operator delete(half);
      half = larger;
    }
    place(*half, hash, word);
    if (word.has_expiry()) note_in_page(*half, *word.entry());
  });
  const std::size_t span = std::size_t{1} << (depth_ - depth);
  const std::size_t first = index / (span * 2) * (span * 2);
  set_page(first, halves[0]);
  set_page(first + span, halves[1]);
  ::operator delete(page);
}

bool Table::collect_expired(std::int64_t now_ms, std::size_t limit, std::vector<Entry*>& expired) {
  const std::size_t wanted = expired.size() + limit;
  for (std::size_t index = 0; index < directory_.size();) {
    const Directory at = directory_[index];
    index += std::size_t{1} << (depth_ - at.depth);
    if (at.page == nullptr || at.page->earliest_expiry_ms > now_ms) continue;
    std::int64_t earliest = no_expiry;
    for (std::size_t g = 0; g < at.groups; ++g) {
      Table::Group* group = at.page->group(g);
      for (std::size_t i = 0; i < group_slots; ++i) {
        if (group->tags[i] == 0 || !group->slots[i].has_expiry()) continue;
        Entry* entry = group->slots[i].entry();
        if (!entry->is_expired(now_ms)) {
          earliest = std::min(earliest, entry->expiry_ms());
          continue;
        }
        if (expired.size() == wanted) return false;
        expired.push_back(entry);
      }
    }
    // The collected entries are erased by the caller before the lock is given up.
    at.page->earliest_expiry_ms = earliest;
  }
  refresh_earliest();
  return true;
}

void Table::refresh_earliest() {
  earliest_expiry_ms_ = no_expiry;
  for (const Directory& at : directory_)
    if (at.page != nullptr)
      earliest_expiry_ms_ = std::min(earliest_expiry_ms_, at.page->earliest_expiry_ms);
}

Entry* Table::random_entry(std::uint64_t random) const {
  if (size_ == 0) return nullptr;
  // From a random place on, the first group that is not empty, and in it a random slot.
  const std::size_t start = directory_index(random);
  for (std::size_t step = 0; step < directory_.size(); ++step) {
    const Directory& at = directory_[(start + step) % directory_.size()];
    if (at.page == nullptr || at.page->count == 0) continue;
    const std::size_t home = home_group(random * 0x9e3779b97f4a7c15u, 0, at.groups);
    for (std::size_t g = 0; g < at.groups; ++g) {
      Table::Group* group = at.page->group((home + g) % at.groups);
      const unsigned taken = ~matches(*group, 0) & 0x7fffu;
      if (taken == 0) continue;
      auto skip = static_cast<unsigned>(random % static_cast<unsigned>(std::popcount(taken)));
      unsigned rest = taken;
      for (; skip > 0; --skip)
        rest &= rest - 1;
      return group->slots[static_cast<std::size_t>(std::countr_zero(rest))].entry();
    }
  }
  return nullptr;
}

std::size_t Table::memory_bytes() const {
  std::size_t bytes = directory_.capacity() * sizeof(Directory);
  for (std::size_t index = 0; index < directory_.size();) {
    const Directory& at = directory_[index];
    if (at.page != nullptr) bytes += sizeof(Page) + at.groups * sizeof(Table::Group);
    index += std::size_t{1} << (depth_ - at.depth);
  }
  return bytes;
}

}  // namespace duplex::store
