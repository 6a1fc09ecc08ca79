// What the server counts: each loop writes its own numbers, INFO sums them.
#pragma once

#include "base/mutex.h"
#include "commands/counter.h"
#include "commands/latency_histogram.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// One command on one loop. Times are in ticks (base/ticks.h).
struct CommandStatistics {
  CommandStatistics() = default;
  ~CommandStatistics() { delete histogram_.load(std::memory_order_relaxed); }
  CommandStatistics(const CommandStatistics&) = delete;
  CommandStatistics& operator=(const CommandStatistics&) = delete;

  Counter calls;
  Counter ticks;
  Counter rejected;
  Counter failed;

  void note_call(std::uint64_t spent, bool tracks_latency) {
    calls.add(1);
    note_end(spent, tracks_latency);
  }
  // The client waits: the call has begun, and note_end() follows.
  void note_begin(std::uint64_t spent) {
    calls.add(1);
    ticks.add(spent);
  }
  void note_end(std::uint64_t spent, bool tracks_latency) {
    ticks.add(spent);
    if (!tracks_latency) return;
    LatencyHistogram* histogram = histogram_.load(std::memory_order_relaxed);
    if (histogram == nullptr) [[unlikely]]
      histogram = make_histogram();
    histogram->note(spent);
  }
  // nullptr: nothing was tracked yet. Thread: any.
  const LatencyHistogram* histogram() const { return histogram_.load(std::memory_order_acquire); }
  void reset();

 private:
  LatencyHistogram* make_histogram();

  // Made with the first call: most commands are never used. Owned.
  std::atomic<LatencyHistogram*> histogram_{nullptr};
};

// Thread: written by one loop, read by any; the error counts under mutex_.
class LoopStatistics {
 public:
  explicit LoopStatistics(std::size_t commands)
      : commands_(std::make_unique<CommandStatistics[]>(commands)), command_count_(commands) {}

  CommandStatistics& command(std::size_t index) { return commands_[index]; }
  const CommandStatistics& command(std::size_t index) const { return commands_[index]; }

  Counter commands_processed;
  Counter connections_received;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter expired_keys;
  Counter evicted_keys;
  Counter evicted_clients;  // closed for maxmemory-clients
  Counter error_replies;
  Counter messages_published;

  void note_error(std::string_view code) {
    error_replies.add(1);
    const base::MutexLock lock(mutex_);
    // Codes come from our own texts and, later, from scripts: the number of different ones is
    // bounded.
    if (errors_.size() < error_codes_max || errors_.contains(code)) ++errors_[std::string(code)];
  }
  std::map<std::string, std::uint64_t, std::less<>> errors() const {
    const base::MutexLock lock(mutex_);
    return errors_;
  }

  // CONFIG RESETSTAT.
  void reset();

 private:
  static constexpr std::size_t error_codes_max = 128;

  std::unique_ptr<CommandStatistics[]> commands_;
  std::size_t command_count_;
  mutable base::Mutex mutex_{base::LockRank::leaf};
  std::map<std::string, std::uint64_t, std::less<>> errors_ DUPLEX_GUARDED_BY(mutex_);
};

// One command over all loops.
struct CommandTotals {
  std::uint64_t calls = 0;
  std::uint64_t ticks = 0;
  std::uint64_t rejected = 0;
  std::uint64_t failed = 0;
  std::uint64_t timed = 0;  // calls that are in the histogram
  std::array<std::uint64_t, LatencyHistogram::bucket_count> histogram{};

  // The microseconds that this part of the calls, in percent, did not exceed.
  double percentile_us(double percent) const;
};

CommandTotals totals_of(std::span<const std::unique_ptr<LoopStatistics>> loops, std::size_t index);

}  // namespace duplex::commands
