// Members with scores that come in no order, until all are there.
#include "store/gathered_scores.h"

#include "store/packed_limits.h"
#include "store/sorted_set.h"

#include <memory>
#include <utility>

namespace duplex::store {

EntryPtr GatheredScores::make_sorted_set(std::string_view key) {
  const PackedLimits& limits = packed_limits();
  bool packed = static_cast<std::int64_t>(size()) <= limits.zset_entries;
  if (packed)
    members_.for_each([&](const ScoredSlot& slot) {
      packed = packed &&
               static_cast<std::int64_t>(slot.member()->text().size()) <= limits.zset_value;
    });
  if (!packed) return make_unpacked(key);
  EntryPtr entry = SortedSet::make(key, no_expiry);
  SortedSet set(*entry);
  members_.for_each([&](const ScoredSlot& slot) {
    set.add(slot.member()->text(), slot.member()->score(), set.find(slot.member()->text()));
  });
  members_ = {};
  return entry;
}

EntryPtr GatheredScores::make_unpacked(std::string_view key) {
  auto members = std::make_unique<RankedMembers>(std::exchange(members_, {}));
  return Entry::make_collection(
      key, ValueType::sorted_set, Encoding::skiplist, members.release(), no_expiry);
}

}  // namespace duplex::store
