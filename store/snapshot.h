// What is kept for a snapshot while it is taken: the state of all data at one moment, the cut.
#pragma once

#include "store/table.h"

#include <cstdint>
#include <vector>

namespace duplex::store {

// Takes in what is about to be changed, as it was at the cut.
//
// From the cut (ShardLock::begin_snapshot) on each table knows how far it was walked; entries
// behind that place are given to before_change() before they are changed for the first time, and
// get a mark, so that the walk leaves them out. What comes after the cut is marked, too.
//
// Thread: both are called by whoever changes data, with the entry's shard locked. They may copy,
// and take leaf locks; they must not wait.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  virtual void before_change(int database, const Entry& entry) = 0;
  // A table was emptied; what of it was not walked is in `table`, and stays there as it is.
  virtual void adopt(Table table) = 0;
};

// The keys of one database at the cut.
struct SnapshotDatabase {
  int number = 0;
  std::size_t keys = 0;
  std::size_t expiring = 0;
};

}  // namespace duplex::store
