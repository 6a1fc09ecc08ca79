// The members of a large set: a page table of slots that mostly are the members themselves.
#include "store/member_table.h"

#include "base/memory.h"

#include <memory>

namespace duplex::store {

namespace {

// More members than this are freed in the background, and their memory is estimated from so many.
constexpr std::size_t heavy_members_min = 64;

}  // namespace

bool MemberTable::add(std::string_view text) {
  const std::uint64_t hash = base::hash_bytes(text);
  if (find(text, hash)) return false;
  insert(hash, MemberSlot(text));
  return true;
}

bool MemberTable::erase(std::string_view text) {
  const std::uint64_t hash = base::hash_bytes(text);
  const Position at = find(text, hash);
  if (!at) return false;
  PageTable::erase(at, hash).destroy();
  return true;
}

void* MemberTable::clone(const void* value) {
  auto twin = std::make_unique<MemberTable>();
  static_cast<const MemberTable*>(value)->for_each([&](const MemberSlot& slot) {
    twin->insert(slot.hash(), slot.copy());
  });
  return twin.release();
}

std::size_t MemberTable::memory_bytes(const void* value, std::size_t samples) {
  const auto* table = static_cast<const MemberTable*>(value);
  std::size_t seen = 0;
  std::size_t bytes = 0;
  table->scan(0, samples, [&](const MemberSlot& slot) {
    ++seen;
    bytes += slot.outside_bytes();
  });
  if (seen != 0) bytes = bytes * table->size() / seen;
  return base::usable_size(table) + table->PageTable::memory_bytes() + bytes;
}

bool MemberTable::is_heavy(const void* value) {
  return static_cast<const MemberTable*>(value)->size() > heavy_members_min;
}

}  // namespace duplex::store
