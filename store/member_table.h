// The members of a large set: a page table of slots that mostly are the members themselves.
#pragma once

#include "store/member_slot.h"
#include "store/page_table.h"

#include <cstddef>
#include <string_view>

namespace duplex::store {

// Thread: under the lock of its set's shard.
class MemberTable : public PageTable<MemberSlot> {
 public:
  bool contains(std::string_view text) const { return contains(text, base::hash_bytes(text)); }
  bool contains(std::string_view text, std::uint64_t hash) const {
    return static_cast<bool>(find(text, hash));
  }
  // Each returns whether it changed anything.
  bool add(std::string_view text);
  bool erase(std::string_view text);

  // For collection.h: `value` is a MemberTable.
  static void destroy(void* value) { delete static_cast<MemberTable*>(value); }
  static void* clone(const void* value);
  static std::size_t memory_bytes(const void* value, std::size_t samples);
  static bool is_heavy(const void* value);
};

}  // namespace duplex::store
