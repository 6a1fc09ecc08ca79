// What the log is told at the start, and what it tells about itself.
#pragma once

#include "aof/format.h"
#include "aof/fsync_policy.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace duplex::aof {

struct LogOptions {
  std::string file_name = "appendonly.aof";  // `appendfilename`
  FsyncPolicy fsync = FsyncPolicy::everysec;
  std::chrono::milliseconds sync_interval{1000};
  std::chrono::milliseconds retry_interval{100};
  // A sync that takes longer counts as delayed, as in INFO of Redis.
  std::chrono::milliseconds slow_sync{2000};
  // Under `always` the file is kept longer than its content, by so much at a time: a sync that
  // makes it longer costs two to eight others, and so one in hundreds does.
  std::size_t reserve_bytes = std::size_t{1} << 20;
  // The manifest on the disk stays as it is until install_base(): a log that is turned on while
  // there are data is of no use before it has them. Goes on in a new increment.
  bool is_unlisted = false;
  // `aof-timestamp-enabled`: a line "#TS:<seconds>" before the first unit of each second.
  bool writes_times = false;
  // Called on the log's own thread, and at last by close(), without any lock held: after that
  // thread has found written() or durable() advanced, after a failure began or ended, and after the
  // policy has changed. It must not block.
  std::function<void(Lsn written, Lsn durable)> on_progress;
};

// What stands in the way of writing.
enum class LogFailure : std::uint8_t {
  none,
  write,  // the last write failed; it is tried again
  sync,   // the last sync failed; what it left open is written and synced again
  lost,   // after a failed sync the file does not hold what was written: there is no way back
};

struct LogState {
  LogFailure failure = LogFailure::none;
  int error_number = 0;  // errno of the failure

  explicit operator bool() const { return failure != LogFailure::none; }
  friend bool operator==(const LogState&, const LogState&) = default;
};

// For INFO's section "persistence". Not a snapshot.
struct LogStats {
  std::uint64_t current_bytes = 0;  // aof_current_size: base and increments
  std::uint64_t base_bytes = 0;     // aof_base_size: what it was when the last base was installed
  std::uint64_t pending_bytes = 0;  // aof_buffer_length: appended and not written
  bool last_write_ok = true;        // aof_last_write_status
  bool last_sync_ok = true;
  std::int64_t last_sync_us = -1;   // how long the last successful sync took; -1: none yet
  std::uint64_t delayed_syncs = 0;  // aof_delayed_fsync: syncs that took longer than slow_sync
  std::uint64_t syncs = 0;
  std::uint64_t writes = 0;
  LogState state;
  std::int64_t failed_for_us = 0;    // since when it is failed; 0: it is not
  std::int64_t sync_running_us = 0;  // how long the sync that is running has taken; 0: none is
  bool sync_is_slow = false;         // it has taken longer than slow_sync
  std::uint64_t write_failures = 0;  // how often a failure of this kind began
  std::uint64_t sync_failures = 0;
};

// What is wrong with the disk, for INFO's aof_trouble and for /metrics: one of log_troubles.
inline constexpr std::string_view log_troubles[] = {
    "none", "full", "read_only", "write", "fsync", "lost", "slow_fsync"};

inline std::string_view trouble_of(const LogStats& stats) {
  switch (stats.state.failure) {
    case LogFailure::none:
      return stats.sync_is_slow ? "slow_fsync" : "none";
    case LogFailure::write:
      if (stats.state.error_number == EROFS) return "read_only";
      // A quota and a limit on the size of files are like a disk that is full.
      return stats.state.error_number == ENOSPC || stats.state.error_number == EDQUOT ||
                     stats.state.error_number == EFBIG
                 ? "full"
                 : "write";
    case LogFailure::sync:
      return "fsync";
    case LogFailure::lost:
      return "lost";
  }
  return "none";
}

}  // namespace duplex::aof
