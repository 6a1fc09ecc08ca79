// The append-only log: many appenders, group commit, one thread that syncs and repairs.
//
// What a record means is not known here; its bytes and the files are in docs/aof_format.md.
#pragma once

#include "aof/file.h"
#include "aof/format.h"
#include "aof/fsync_policy.h"
#include "aof/log_state.h"
#include "aof/log_unit.h"
#include "aof/manifest.h"
#include "aof/segment.h"
#include "base/buffer.h"
#include "base/mutex.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace duplex::aof {

// Appends units and tells how far they are written and synced.
//
// append() copies into the open batch and returns: no system call, so it may be called under shard
// locks, which is what makes the order in the log the order of execution. At the end of an
// iteration each event loop calls commit(), which writes the batches of all loops with one
// write(2); under `always` it only wakes the sync thread, which writes and syncs whatever has come.
// The sync thread does fdatasync, and after a failure tries again until the disk is well:
// then failed() ends by itself, without a restart. While failed() the records stay in memory; the
// callers bound that memory by refusing writes (MISCONF), and keep the replies whose records are
// not written yet.
//
// Thread: any, unless a function says otherwise. append() takes mutex_ (rank log) for the length of
//   a copy. The files belong to whoever holds turn_, which is never taken under another lock.
// Lifetime: the Directory outlives the Log; the destructor closes.
// Invariant: durable() <= written() <= appended(), and none of them ever decreases.
class Log {
 public:
  // Opens the last increment of `manifest` for appending, or the first one if there is none; goes
  // on at `position`, whose store_id must be set. Deletes the manifest's history. The error is a
  // sentence for the operator.
  static std::expected<std::unique_ptr<Log>, std::string> open(Directory& directory,
                                                               LogOptions options,
                                                               Manifest manifest,
                                                               const StreamPosition& position);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Appends one effect on database `db`; returns the position behind it. Requires: not closed.
  Lsn append(int db, std::span<const std::string_view> args);
  // Appends all effects of a unit at once. Requires: !unit.empty(), not closed.
  Lsn append(LogUnit& unit);

  // Has everything written that was appended, by all threads, at least up to `lsn`. When it returns
  // true, written() has reached `lsn`, or will under `always`: what it then waits for is durable().
  // False when the log has failed: on_progress then tells when that has ended. May block for the
  // length of a write; never in the failed state.
  bool commit(Lsn lsn);
  // Writes everything that was appended, and carries out a switch of the increment. True when that
  // is done.
  bool flush();

  Lsn appended() const { return appended_.load(std::memory_order_acquire); }
  Lsn written() const { return written_.load(std::memory_order_acquire); }
  Lsn durable() const { return durable_.load(std::memory_order_acquire); }
  // The gate for replies: those up to here may leave. durable() under `always`, else written().
  Lsn releasable() const { return policy() == FsyncPolicy::always ? durable() : written(); }

  LogState failed() const { return state_.load(std::memory_order_acquire); }

  // `everysec` instead of `always` as long as no reply waits for an unlisted log.
  FsyncPolicy policy() const {
    const FsyncPolicy policy = policy_.load(std::memory_order_relaxed);
    const bool waits = policy != FsyncPolicy::always || is_waited_for_.load();
    return waits ? policy : FsyncPolicy::everysec;
  }
  void set_policy(FsyncPolicy policy);
  // From now on replies wait for a log that was opened unlisted. Writes what was appended before.
  void begin_waits();
  void set_writes_times(bool writes) { writes_times_.store(writes, std::memory_order_relaxed); }

  // The stream's identity; constant. `offset` is where this process began.
  const StreamPosition& start() const { return start_; }

  LogStats stats() const;
  // How long the longest sync since the last call took; nothing if there was none.
  std::optional<std::int64_t> take_longest_sync_us();
  // Says in the server's log when a sync takes long, once for each. To be called now and then, from
  // one thread: the one that syncs cannot look at a clock meanwhile.
  void watch();

  // --- the cut of a rewrite ---

  // Creates the next increment and names it in the manifest; nothing is written into it yet.
  // Syncs. Returns its sequence number. Requires: no other prepared increment.
  std::expected<std::uint64_t, std::string> prepare_increment();
  // Sends everything that is appended from now on to the prepared increment; returns the position
  // of the cut. Only memory is touched: made to be called with all shards locked. The next commit
  // that writes, or flush(), changes the file. Requires: a prepared increment.
  Lsn switch_increment();
  // Both, and a flush: closes the current increment and goes on in the next.
  std::expected<Lsn, std::string> start_increment();

  // The name and number that the next base has. Who makes the base writes it into the directory.
  ManifestEntry next_base(BaseForm form) const;
  // Makes `base` (complete and synced) the base, with the increments from `first_increment` on; the
  // files before it become history.
  std::expected<void, std::string> install_base(ManifestEntry base, std::uint64_t first_increment);

  // Deletes the history's files and then their names from the manifest. What cannot be deleted
  // stays in the manifest, for the next time. May take long.
  void delete_history();

  Manifest manifest() const;

  // Writes and syncs everything and stops the thread. Returns false when that was not possible. The
  // increments of a log that got no base are deleted.
  // Requires: nobody appends any more. Later calls do nothing.
  bool close();

 private:
  // Bytes that go to the file with one write: units, and the line with their checksum.
  struct Batch {
    base::Buffer bytes;
    Lsn end = 0;
    bool starts_increment = false;
  };
  // What on_progress was last told about. A failure that came and went counts too.
  struct Report {
    Lsn written = 0;
    Lsn durable = 0;
    std::uint64_t transitions = 0;
    FsyncPolicy policy = FsyncPolicy::everysec;

    friend bool operator==(const Report&, const Report&) = default;
  };
  using Clock = std::chrono::steady_clock;

  Log(Directory& directory, LogOptions options, Manifest manifest, const StreamPosition& position);

  bool flush_up_to(Lsn lsn);

  void append_time() DUPLEX_REQUIRES(mutex_);

  // Under turn_. Those that return bool return false after a failure, which they have noted.
  bool drain();
  bool write_batch(Batch& batch);
  void take_open_batch();
  std::error_code name_segment();
  void change_segment();

  // Under files_.
  std::expected<void, std::string> open_last_increment();
  std::expected<std::unique_ptr<Segment>, std::string> create_increment();
  std::error_code write_manifest(const Manifest& manifest);
  void delete_unlisted();
  void measure_files();

  // The sync thread's, and close()'s when that thread has ended.
  void run();
  bool wait_for_work();
  void sync_when_due();
  void sync_written();
  void close_retired();
  void recover();
  void report_progress();

  void wake();
  bool fail(LogFailure failure, std::error_code error);
  std::error_code sync(Segment& segment);
  void raise_durable(Lsn lsn);
  std::int64_t sync_running_us() const;
  bool is_slow(std::int64_t duration_us) const;

  // Constant after construction.
  Directory& directory_;
  const LogOptions options_;
  const StreamPosition start_;

  // Atomics: written by who is named, read by anybody.
  std::atomic<Lsn> appended_;  // under mutex_
  std::atomic<Lsn> written_;   // under turn_
  std::atomic<Lsn> durable_;   // the sync thread; under turn_ when the segment changes
  std::atomic<LogState> state_{LogState{}};
  std::atomic<std::uint64_t> transitions_{0};  // of state_
  std::atomic<FsyncPolicy> policy_;
  std::atomic<bool> is_waited_for_;
  std::atomic<bool> writes_times_;
  std::atomic<std::uint64_t> closed_bytes_{0};  // of the base and of increments before the last
  std::atomic<std::uint64_t> base_bytes_{0};
  std::atomic<std::uint64_t> segment_bytes_{0};
  std::atomic<std::int64_t> last_sync_us_{-1};
  std::atomic<std::int64_t> longest_sync_us_{-1};  // not taken yet
  std::atomic<std::uint64_t> delayed_syncs_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::uint64_t> writes_{0};
  std::atomic<std::uint64_t> write_failures_{0};
  std::atomic<std::uint64_t> sync_failures_{0};
  std::atomic<std::int64_t> failed_since_us_{0};  // on the steady clock
  std::atomic<std::int64_t> sync_began_us_{0};    // 0: no sync is running; of the last one begun
  std::atomic<bool> slow_sync_told_{false};       // of the sync that is running

  // What is appended and not taken for writing.
  mutable base::Mutex mutex_{base::LockRank::log};
  Batch open_ DUPLEX_GUARDED_BY(mutex_);
  std::vector<Batch> closed_ DUPLEX_GUARDED_BY(mutex_);
  int stream_db_ DUPLEX_GUARDED_BY(mutex_) = -1;
  std::int64_t told_time_s_ DUPLEX_GUARDED_BY(mutex_) = 0;  // by the last "#TS:" line

  // The files. turn_ is held during writes, so it is not one of the ranked locks: it is taken
  // before mutex_ and never while any other lock but files_ is held.
  std::mutex turn_;
  std::deque<Batch> pending_;                      // taken, in order; the first is being written
  base::Buffer spare_;                             // the memory of the last batch, for the next one
  std::unique_ptr<Segment> segment_;               // where batches go
  bool segment_named_ = false;                     // the segment holds the line that begins it
  std::unique_ptr<Segment> prepared_;              // where they will go after the switch
  std::vector<std::unique_ptr<Segment>> retired_;  // to be closed by the sync thread

  // The manifest; held for whole replacements, taken before turn_.
  mutable std::mutex files_;
  Manifest manifest_;
  bool is_listed_;                            // the manifest on the disk is this one
  std::size_t unlisted_ = 0;                  // if not: how many of the last increments it lacks
  std::atomic<bool> switch_is_ready_{false};  // an increment is prepared and not switched to

  // The sync thread.
  std::mutex wake_mutex_;
  std::condition_variable wake_;
  bool wake_requested_ = false;
  bool stopping_ = false;
  Clock::time_point next_sync_;
  Clock::time_point next_retry_;
  Report reported_;
  std::thread thread_;
  bool is_closed_ = false;  // close() has run; by one thread only
};

}  // namespace duplex::aof
