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

void Table::next_step(std::size_t count, SnapshotStep& step) {
  step.slots.clear();
  step.marked.clear();
  const std::uint64_t from = walk_.cursor;
  step.next = scan_hashes(from, count, [&](std::uint64_t hash, const EntrySlot& slot) {
    if (hash < from) return;
    // The slots are this table's own, which is not const here.
    (slot.is_saved() ? step.marked : step.slots).push_back(const_cast<EntrySlot*>(&slot));
  });
}

void Table::finish_step(const SnapshotStep& step) {
  for (EntrySlot* slot : step.marked)
    slot->clear_saved();
  walk_.cursor = step.next;
  if (step.next == 0) walk_ = {};
}

void Table::abandon_walk() {
  if (walk_.is_open)
    PageTable::for_each([](const EntrySlot& slot) { const_cast<EntrySlot&>(slot).clear_saved(); });
  walk_ = {};
}

}  // namespace duplex::store
