// LATENCY: the delays that some kinds of work have caused lately.
#pragma once

#include "base/clock.h"
#include "base/mutex.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace duplex::commands {

// What a delay came from. latency_event_name() has the names that clients use.
enum class LatencyEvent : std::uint8_t {
  command,       // of a command that is not declared fast
  fast_command,  // of one that is
  expire_cycle,
  eviction_cycle,
  eviction_del,
  aof_write,
  aof_fsync_always,
};
inline constexpr std::size_t latency_events = 7;

std::string_view latency_event_name(LatencyEvent event);
// By its name; none if there is no such event here.
std::optional<LatencyEvent> latency_event(std::string_view name);

struct LatencySample {
  std::int64_t time_s = 0;  // seconds since 1970
  std::int64_t ms = 0;
};

// The last samples of each event, the worst of a second, and the worst there ever was.
//
// Thread: any.
class LatencyMonitor {
 public:
  // How many samples an event keeps.
  static constexpr std::size_t samples_max = 160;

  struct Series {
    LatencyEvent event{};
    std::vector<LatencySample> samples;  // the oldest first; not empty
    std::int64_t max_ms = 0;             // since the last reset
  };

  // latency-monitor-threshold; 0: nothing is sampled.
  void set_threshold_ms(std::int64_t ms) { threshold_ms_.store(ms, std::memory_order_relaxed); }
  bool is_on() const { return threshold_ms_.load(std::memory_order_relaxed) != 0; }

  // Notes a delay if it reaches the threshold. Cheap if not.
  void note(LatencyEvent event, std::int64_t us) {
    const std::int64_t threshold_ms = threshold_ms_.load(std::memory_order_relaxed);
    if (threshold_ms != 0 && us / 1000 >= threshold_ms) add(event, us / 1000);
  }

  // Events that have samples.
  std::vector<Series> all() const;
  std::optional<Series> series(LatencyEvent event) const;
  // Forgets the samples of an event; whether there were any.
  bool reset(LatencyEvent event);

 private:
  struct Ring {
    std::array<LatencySample, samples_max> samples;
    std::size_t count = 0;  // of all that were ever put in
    std::int64_t max_ms = 0;
  };

  void add(LatencyEvent event, std::int64_t ms);
  std::optional<Series> read(LatencyEvent event) const DUPLEX_REQUIRES(mutex_);

  std::atomic<std::int64_t> threshold_ms_{0};
  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::array<Ring, latency_events> rings_ DUPLEX_GUARDED_BY(mutex_);
};

// Notes how long its scope took.
class MeasuredDelay {
 public:
  MeasuredDelay(LatencyMonitor& monitor, LatencyEvent event)
      : monitor_(monitor), event_(event), began_us_(monitor.is_on() ? base::steady_us() : off) {}
  ~MeasuredDelay() {
    if (began_us_ != off) monitor_.note(event_, base::steady_us() - began_us_);
  }
  MeasuredDelay(const MeasuredDelay&) = delete;
  MeasuredDelay& operator=(const MeasuredDelay&) = delete;

 private:
  static constexpr std::int64_t off = -1;

  LatencyMonitor& monitor_;
  const LatencyEvent event_;
  const std::int64_t began_us_;
};

}  // namespace duplex::commands
