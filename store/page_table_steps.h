// How the pages of a PageTable are searched, grown, split and walked. Part of page_table.h.
#pragma once

#include "store/page_table.h"

namespace duplex::store {

template <TableSlot Slot>
typename PageTable<Slot>::Page* PageTable<Slot>::make_page(std::uint32_t depth,
                                                           std::uint32_t groups) {
  const std::size_t bytes = sizeof(Page) + groups * sizeof(Group);
  auto* page = static_cast<Page*>(::operator new(bytes));
  std::memset(static_cast<void*>(page), 0, bytes);
  page->depth = depth;
  page->groups = groups;
  page->earliest_due_ms = never_due;
  return page;
}

// Puts a slot into the first free place from its home group on. Requires: the page is not full.
template <TableSlot Slot>
typename PageTable<Slot>::Position PageTable<Slot>::place(Page& page,
                                                          std::uint64_t hash,
                                                          Slot slot) {
  std::size_t g = home_group(hash, page.depth, page.groups);
  while (true) {
    Group* group = page.group(g);
    if (const unsigned free = matches(*group, 0); free != 0) {
      const auto i = static_cast<std::size_t>(std::countr_zero(free));
      group->tags[i] = tag_of(hash);
      group->slots[i] = slot;
      ++page.count;
      return {&page, group, &group->slots[i]};
    }
    group->overflow |= overflow_bit(hash);
    if (++g == page.groups) g = 0;
  }
}

// Calls take(hash, slot) for each element of the page, with the elements fetched ahead in groups.
template <TableSlot Slot>
template <typename Take>
void PageTable<Slot>::drain(Page& page, Take&& take) {
  for (std::size_t g = 0; g < page.groups; ++g) {
    if (g + 1 < page.groups) {
      Group* ahead = page.group(g + 1);
      for (std::size_t i = 0; i < group_slots; ++i)
        if (ahead->tags[i] != 0) __builtin_prefetch(ahead->slots[i].target());
    }
    Group* group = page.group(g);
    for (std::size_t i = 0; i < group_slots; ++i)
      if (group->tags[i] != 0) take(group->slots[i].hash(), group->slots[i]);
  }
}

template <TableSlot Slot>
typename PageTable<Slot>::Position PageTable<Slot>::find(std::string_view text,
                                                         std::uint64_t hash) const {
  const Directory& at = directory_[directory_index(hash)];
  if (at.page == nullptr) return {};
  const std::uint8_t tag = tag_of(hash);
  std::size_t g = home_group(hash, at.depth, at.groups);
  for (std::size_t step = 0; step < at.groups; ++step) {
    Group* group = at.page->group(g);
    for (unsigned found = matches(*group, tag); found != 0; found &= found - 1) {
      Slot& slot = group->slots[static_cast<std::size_t>(std::countr_zero(found))];
      if (slot.equals(text)) return {at.page, group, &slot};
    }
    if ((group->overflow & overflow_bit(hash)) == 0) return {};
    if (++g == at.groups) g = 0;
  }
  return {};
}

template <TableSlot Slot>
typename PageTable<Slot>::Position PageTable<Slot>::insert(std::uint64_t hash, Slot slot) {
  make_room(hash);
  const Position position = place(*directory_[directory_index(hash)].page, hash, slot);
  ++size_;
  if (slot.is_timed()) note_due(position);
  return position;
}

template <TableSlot Slot>
Slot PageTable<Slot>::replace(Position position, Slot slot) {
  const Slot old = std::exchange(*position.slot, slot);
  if (slot.is_timed()) note_due(position);
  return old;
}

template <TableSlot Slot>
Slot PageTable<Slot>::erase(Position position, std::uint64_t hash) {
  const Slot old = *position.slot;
  position.group->tags[static_cast<std::size_t>(position.slot - position.group->slots.data())] = 0;
  Page* page = position.page;
  --page->count;
  --size_;
  if (page->count * sparse_factor < page->groups * group_slots)
    rebuild(directory_index(hash), page->count == 0 ? 0 : groups_for(page->count));
  return old;
}

template <TableSlot Slot>
void PageTable<Slot>::note_due(Position position) {
  const std::int64_t due_ms = position.slot->due_ms();
  position.page->earliest_due_ms = std::min(position.page->earliest_due_ms, due_ms);
  earliest_due_ms_ = std::min(earliest_due_ms_, due_ms);
}

template <TableSlot Slot>
void PageTable<Slot>::prefetch_group(std::uint64_t hash) const {
  const Directory& at = directory_[directory_index(hash)];
  if (at.page == nullptr) return;
  const auto* group =
      reinterpret_cast<const char*>(at.page->group(home_group(hash, at.depth, at.groups)));
  __builtin_prefetch(group);
  __builtin_prefetch(group + 64);
  __builtin_prefetch(group + 128);
}

template <TableSlot Slot>
void PageTable<Slot>::prefetch_target(std::uint64_t hash) const {
  const Directory& at = directory_[directory_index(hash)];
  if (at.page == nullptr) return;
  Group* group = at.page->group(home_group(hash, at.depth, at.groups));
  const unsigned found = matches(*group, tag_of(hash));
  if (found == 0) return;
  const auto* target = static_cast<const char*>(
      group->slots[static_cast<std::size_t>(std::countr_zero(found))].target());
  __builtin_prefetch(target);
  __builtin_prefetch(target + 64);
}

template <TableSlot Slot>
void PageTable<Slot>::make_room(std::uint64_t hash) {
  while (true) {
    const std::size_t index = directory_index(hash);
    Page* page = directory_[index].page;
    if (page == nullptr) {
      set_page(index, make_page(directory_[index].depth, steps.front()));
      return;
    }
    if (page->count < fill_max(page->groups)) return;
    if (page->groups < page_groups_max) {
      rebuild(index, next_step(page->groups));
      return;
    }
    split(index);
  }
}

template <TableSlot Slot>
void PageTable<Slot>::rebuild(std::size_t index, std::uint32_t groups) {
  Page* page = directory_[index].page;
  if (groups == page->groups) return;
  if (groups == 0) {
    set_pages(index, {nullptr, 0, page->depth});
  } else {
    Page* other = make_page(page->depth, groups);
    other->earliest_due_ms = page->earliest_due_ms;
    drain(*page, [&](std::uint64_t hash, Slot slot) { place(*other, hash, slot); });
    set_page(index, other);
  }
  ::operator delete(page);
}

template <TableSlot Slot>
void PageTable<Slot>::split(std::size_t index) {
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
  // A little more than a half: a lopsided split is given a larger page below.
  const std::uint32_t groups = groups_for(page->count * 9 / 16);
  Page* halves[2] = {make_page(depth, groups), make_page(depth, groups)};
  drain(*page, [&](std::uint64_t hash, Slot slot) {
    Page*& half = halves[(hash >> (64 - depth)) & 1];
    if (half->count == half->groups * group_slots) {
      Page* larger = make_page(depth, page_groups_max);
      larger->earliest_due_ms = half->earliest_due_ms;
      drain(*half, [&](std::uint64_t h, Slot s) { place(*larger, h, s); });
      ::operator delete(half);
      half = larger;
    }
    place(*half, hash, slot);
    if (slot.is_timed()) half->earliest_due_ms = std::min(half->earliest_due_ms, slot.due_ms());
  });
  const std::size_t span = std::size_t{1} << (depth_ - depth);
  const std::size_t first = index / (span * 2) * (span * 2);
  set_page(first, halves[0]);
  set_page(first + span, halves[1]);
  ::operator delete(page);
}

template <TableSlot Slot>
bool PageTable<Slot>::collect_due(std::int64_t now_ms, std::size_t limit, std::vector<Slot>& due) {
  const std::size_t wanted = due.size() + limit;
  for (std::size_t index = 0; index < directory_.size();) {
    const Directory at = directory_[index];
    index += span_of(at);
    if (at.page == nullptr || at.page->earliest_due_ms > now_ms) continue;
    std::int64_t earliest = never_due;
    for (std::size_t g = 0; g < at.groups; ++g) {
      Group* group = at.page->group(g);
      for (std::size_t i = 0; i < group_slots; ++i) {
        if (group->tags[i] == 0 || !group->slots[i].is_timed()) continue;
        const std::int64_t due_ms = group->slots[i].due_ms();
        if (due_ms > now_ms) {
          earliest = std::min(earliest, due_ms);
          continue;
        }
        if (due.size() == wanted) return false;
        due.push_back(group->slots[i]);
      }
    }
    at.page->earliest_due_ms = earliest;
  }
  refresh_earliest();
  return true;
}

template <TableSlot Slot>
void PageTable<Slot>::refresh_earliest() {
  earliest_due_ms_ = never_due;
  for (const Directory& at : directory_)
    if (at.page != nullptr) earliest_due_ms_ = std::min(earliest_due_ms_, at.page->earliest_due_ms);
}

template <TableSlot Slot>
const Slot* PageTable<Slot>::random_slot(std::uint64_t random) const {
  if (size_ == 0) return nullptr;
  // From a random place on, the first group that is not empty, and in it a random slot.
  const std::size_t start = directory_index(random);
  for (std::size_t step = 0; step < directory_.size(); ++step) {
    const Directory& at = directory_[(start + step) % directory_.size()];
    if (at.page == nullptr || at.page->count == 0) continue;
    const std::size_t home = home_group(random * 0x9e3779b97f4a7c15u, 0, at.groups);
    for (std::size_t g = 0; g < at.groups; ++g) {
      Group* group = at.page->group((home + g) % at.groups);
      const unsigned taken = ~matches(*group, 0) & 0x7fffu;
      if (taken == 0) continue;
      auto skip = static_cast<unsigned>(random % static_cast<unsigned>(std::popcount(taken)));
      unsigned rest = taken;
      for (; skip > 0; --skip)
        rest &= rest - 1;
      return &group->slots[static_cast<std::size_t>(std::countr_zero(rest))];
    }
  }
  return nullptr;
}

template <TableSlot Slot>
template <typename Visit>
void PageTable<Slot>::visit_from(std::uint64_t random, Visit&& visit) const {
  std::size_t index = directory_index(random);
  const std::size_t places = directory_.size();
  for (std::size_t passed = 0; passed < places;) {
    const Directory& at = directory_[index];
    const std::size_t span = span_of(at);
    const std::size_t start = at.page == nullptr ? 0 : (random >> 8) % at.groups;
    for (std::size_t g = 0; at.page != nullptr && g < at.groups; ++g) {
      const Group* group = at.page->group((start + g) % at.groups);
      for (std::size_t i = 0; i < group_slots; ++i) {
        const std::size_t slot = (random + i) % group_slots;
        if (group->tags[slot] != 0 && !visit(group->slots[slot])) return;
      }
    }
    passed += span;
    index = (index / span * span + span) % places;
  }
}

template <TableSlot Slot>
std::size_t PageTable<Slot>::memory_bytes() const {
  std::size_t bytes = directory_.capacity() * sizeof(Directory);
  for (std::size_t index = 0; index < directory_.size(); index += span_of(directory_[index]))
    if (directory_[index].page != nullptr)
      bytes += sizeof(Page) + directory_[index].groups * sizeof(Group);
  return bytes;
}

template <TableSlot Slot>
template <typename Visit>
void PageTable<Slot>::for_each(Visit&& visit) const {
  for (std::size_t index = 0; index < directory_.size();) {
    const Directory& at = directory_[index];
    if (at.page != nullptr) {
      for (std::size_t g = 0; g < at.groups; ++g) {
        Group* group = at.page->group(g);
        for (std::size_t i = 0; i < group_slots; ++i)
          if (group->tags[i] != 0) visit(std::as_const(group->slots[i]));
      }
    }
    index += span_of(at);
  }
}

template <TableSlot Slot>
template <typename Visit>
std::uint64_t PageTable<Slot>::scan(std::uint64_t cursor, std::size_t count, Visit&& visit) const {
  return scan_hashes(cursor, count, [&](std::uint64_t, const Slot& slot) { visit(slot); });
}

template <TableSlot Slot>
template <typename Visit>
std::uint64_t PageTable<Slot>::scan_hashes(std::uint64_t cursor,
                                           std::size_t count,
                                           Visit&& visit) const {
  std::size_t visited = 0;
  for (std::size_t index = directory_index(cursor); index < directory_.size();) {
    const Directory& at = directory_[index];
    const std::size_t span = span_of(at);
    const std::size_t first_index = index / span * span;
    const std::uint64_t page_start = depth_ == 0 ? 0 : std::uint64_t{first_index} << (64 - depth_);
    const std::size_t next_index = first_index + span;
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
            const Slot& slot = group->slots[i];
            const std::uint64_t hash = slot.hash();
            if (home_group(hash, at.depth, at.groups) != home) continue;
            ++visited;
            visit(hash, slot);
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
