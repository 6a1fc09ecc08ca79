// Takes in what an earlier process left on disk: the log, or a snapshot.
#pragma once

#include "aof/recovery.h"
#include "commands/executor.h"
#include "rdb/entry.h"
#include "script/engine.h"
#include "store/shard_lock.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::server {

// How far loading has come, for INFO and for the log line behind it.
// Thread: written by the loader, read by any.
struct LoadProgress {
  std::atomic<std::int64_t> started_ms{0};
  std::atomic<std::uint64_t> total_bytes{0};
  std::atomic<std::uint64_t> loaded_bytes{0};
  std::atomic<std::uint64_t> loaded_keys{0};
};

// Replays into the keyspace on a frozen clock: nothing ends while it loads.
//
// Thread: confined to its owner; clients are answered -LOADING meanwhile.
class Loader {
 public:
  // `executor` is used by nobody else.
  Loader(commands::Services& services,
         commands::Executor& executor,
         script::Engine& scripts,
         LoadProgress& progress);

  // The error is a sentence for the operator.
  std::expected<aof::Recovered, std::string> load_log(const aof::RecoveryOptions& options);
  // A missing file is an empty data set.
  std::expected<void, std::string> load_snapshot(const std::string& path);

 private:
  // Returns the length of the RDB file that `bytes` begin with.
  std::expected<std::size_t, std::string> load_rdb(std::string_view path, std::string_view bytes);
  void note_progress(std::uint64_t bytes);

  commands::Services& services_;
  commands::Executor& executor_;
  script::Engine& scripts_;
  LoadProgress& progress_;
  int records_since_look_ = 0;
  std::int64_t reported_us_ = 0;
  const std::int64_t started_ms_;
  commands::Client client_;
};

}  // namespace duplex::server
