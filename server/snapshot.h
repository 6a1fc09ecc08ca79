// One snapshot: all data as it was at the cut, while everybody goes on changing it.
#pragma once

#include "base/buffer.h"
#include "base/mutex.h"
#include "script/engine.h"
#include "server/reclaimer.h"
#include "server/snapshot_output.h"
#include "store/keyspace.h"
#include "store/shard_lock.h"
#include "store/snapshot.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <vector>

namespace duplex::server {

// How many entries are encoded under one hold of their shard's lock.
inline constexpr std::size_t snapshot_step_entries = 64;
// What writers may hand over faster than it is written; above that they wait.
inline constexpr std::size_t snapshot_queue_bytes_max = std::size_t{32} << 20;
// Up to here the snapshot's thread leaves its core to a loop that wants it; above, it does not.
inline constexpr std::size_t snapshot_patience_bytes = snapshot_queue_bytes_max / 4;
// It then goes on for at least this part of the time that others have taken, so that a core which
// never rests has an end of the snapshot, too.
inline constexpr std::int64_t snapshot_share = 8;

// The walk goes through the shards, a few entries at a time, each under its shard's lock; what is
// changed before the walk comes to it is encoded by who changes it, and queued. Large values are
// encoded in slices, between which their shard is free.
//
// Thread: run() on one thread; before_change() and adopt() as store::SnapshotSink.
// Lifetime: from cut() to the end of run() the keyspace refers to it.
class Snapshot final : public store::SnapshotSink {
 public:
  // `is_behind` is true while writers are to wait for it, before they take a lock.
  Snapshot(store::Keyspace& keyspace,
           SnapshotOutput& output,
           Reclaimer& reclaimer,
           std::atomic<bool>& is_behind)
      : keyspace_(keyspace), output_(output), reclaimer_(reclaimer), is_behind_(is_behind) {}

  // The cut. Only memory is touched. Requires: `lock` holds all shards.
  void cut(store::ShardLock& lock, const script::Engine& scripts) {
    contents_ = {.databases = lock.begin_snapshot(*this), .libraries = scripts.snapshot()};
  }
  // Writes everything, or ends with an error; operation_canceled after cancel(). In any case the
  // snapshot is over then. Requires: cut().
  std::error_code run();
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

  // Entries the walk has come by, for INFO.
  std::uint64_t keys_walked() const { return keys_walked_.load(std::memory_order_relaxed); }

  // store::SnapshotSink
  void before_change(int database, const store::Entry& entry) override;
  void adopt(store::Table table) override;

 private:
  // What writers handed over, of one database.
  struct Chunk {
    int database;
    base::Buffer records;
  };

  std::error_code walk();
  std::error_code step(std::size_t shard, bool& is_over);
  std::error_code write_adopted();
  // Takes in the next entries of a table. The first large one there is left to stream().
  void encode_step(store::Table& table);
  std::error_code stream(std::size_t shard, bool is_locking);
  std::error_code write_queued();
  // Leaves the core to who waits for it.
  void step_aside();
  void release_writers();
  // Nobody hands anything over any more; waits for scripts that are suspended.
  void end();
  void abandon();

  store::Keyspace& keyspace_;
  SnapshotOutput& output_;
  Reclaimer& reclaimer_;
  std::atomic<bool>& is_behind_;
  SnapshotContents contents_;
  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint64_t> keys_walked_{0};

  // The walk's own.
  store::SnapshotStep step_;
  base::Buffer buffer_;
  int database_ = 0;
  bool is_pressed_ = false;        // much was queued when it last looked
  std::int64_t own_until_us_ = 0;  // on the steady clock: until then it does not step aside

  // The large entry that is being encoded, and the one whose last slice was encoded and which has
  // no mark yet. Both under the entry's shard, atomic because other shards' writers compare them.
  std::atomic<const store::Entry*> streaming_{nullptr};
  std::atomic<const store::Entry*> streamed_{nullptr};
  std::unique_ptr<EntrySlices> slices_;  // under streaming_'s shard
  base::Buffer rest_;                    // what a writer encoded of it

  base::Mutex queue_mutex_{base::LockRank::leaf};
  std::vector<Chunk> queue_ DUPLEX_GUARDED_BY(queue_mutex_);
  std::vector<store::Table> adopted_ DUPLEX_GUARDED_BY(queue_mutex_);
  std::size_t queued_bytes_ DUPLEX_GUARDED_BY(queue_mutex_) = 0;
};

}  // namespace duplex::server
