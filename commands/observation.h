// What the server notices about its own work while it runs commands.
#pragma once

#include "base/mutex.h"
#include "commands/command_log.h"
#include "commands/hot_keys.h"
#include "commands/latency_monitor.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace duplex::commands {

// What the configuration says about it.
struct ObservationSettings {
  std::array<CommandLogLimits, command_log_types> logs;
  std::int64_t latency_threshold_ms = 0;
};

// The logs of commands, the latency monitor, the profile of keys, and what all of them must know to
// look at few commands only.
//
// Each command is compared with three limits when it is over; only one that reaches a limit is
// looked at (Executor::observe).
// Thread: any. Lifetime: outlives all executors.
class Observation {
 public:
  explicit Observation(std::size_t loops) : hot_keys_(loops) {}

  void configure(const ObservationSettings& settings);

  // Whether a command deserves a look: by its time in ticks (base/ticks.h) and by its bytes.
  bool is_notable(std::uint64_t ticks,
                  std::uint64_t request_bytes,
                  std::uint64_t reply_bytes) const {
    const auto relaxed = std::memory_order_relaxed;
    return (ticks >= limits_.ticks.load(relaxed)) |
           (request_bytes >= limits_.request_bytes.load(relaxed)) |
           (reply_bytes >= limits_.reply_bytes.load(relaxed));
  }
  // As long as somebody monitors, or a profile is made, every command is notable.
  void begin_monitoring();
  void end_monitoring();
  bool has_monitors() const { return monitors_.load(std::memory_order_relaxed) != 0; }

  // See HotKeys.
  bool start_profile(const HotKeysOptions& options,
                     const store::Keyspace& keyspace,
                     std::int64_t now_ms);
  bool stop_profile(const store::Keyspace& keyspace, std::int64_t now_ms);
  std::optional<HotKeysReport> profile(const store::Keyspace& keyspace, std::int64_t now_ms);
  HotKeys& hot_keys() { return hot_keys_; }

  CommandLog& log(CommandLogType type) { return logs_[static_cast<std::size_t>(type)]; }
  LatencyMonitor& latency() { return latency_; }

 private:
  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  void update_limits() DUPLEX_REQUIRES(mutex_);

  // Read after each command, so nothing that is written often may lie beside it.
  struct alignas(64) Limits {
    std::atomic<std::uint64_t> ticks{never};
    std::atomic<std::uint64_t> request_bytes{never};
    std::atomic<std::uint64_t> reply_bytes{never};
  };
  Limits limits_;
  alignas(64) base::Mutex mutex_{base::LockRank::leaf};
  ObservationSettings settings_ DUPLEX_GUARDED_BY(mutex_);
  std::atomic<std::size_t> monitors_{0};  // changed under mutex_
  std::array<CommandLog, command_log_types> logs_;
  LatencyMonitor latency_;
  HotKeys hot_keys_;
};

}  // namespace duplex::commands
