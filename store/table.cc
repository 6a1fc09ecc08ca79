// The hash table of one shard and database: entries found by their key.
#include "store/table.h"

namespace duplex::store {

bool Table::collect_expired(std::int64_t now_ms, std::size_t limit, std::vector<Entry*>& expired) {
  std::vector<EntrySlot> due;
  const bool done = collect_due(now_ms, limit, due);
  for (const EntrySlot slot : due)
    expired.push_back(slot.entry());
  return done;
}

}  // namespace duplex::store
