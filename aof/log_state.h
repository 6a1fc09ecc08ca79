// What the log is told at the start, and what it tells about itself.
#pragma once

#include "aof/format.h"
#include "aof/fsync_policy.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace duplex::aof {

struct LogOptions {
  std::string file_name = "appendonly.aof";  // `appendfilename`
  FsyncPolicy fsync = FsyncPolicy::everysec;
  std::chrono::milliseconds sync_interval{1000};
  std::chrono::milliseconds retry_interval{100};
  // Called on the log's own thread, and at last by close(), without any lock held: after durable()
  // has advanced, after a failure began or ended, and after the policy has changed. It must not
  // block.
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
  std::uint64_t delayed_syncs = 0;  // aof_delayed_fsync: syncs that took longer than two seconds
  std::uint64_t syncs = 0;
  std::uint64_t writes = 0;
};

}  // namespace duplex::aof
