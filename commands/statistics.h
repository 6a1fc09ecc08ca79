// What the server counts: each loop writes its own numbers, INFO sums them.
#pragma once

#include "base/mutex.h"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

// A number with one writer and any readers.
class Counter {
 public:
  void add(std::uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// One command on one loop. Times are in ticks (base/ticks.h).
struct CommandStatistics {
  static constexpr std::size_t buckets = 40;

  Counter calls;
  Counter ticks;
  Counter rejected;
  Counter failed;
  // Calls by the binary logarithm of their ticks.
  std::array<Counter, buckets> histogram;

  void note_call(std::uint64_t spent) {
    calls.add(1);
    ticks.add(spent);
    const auto bucket = static_cast<std::size_t>(std::bit_width(spent));
    histogram[bucket < buckets ? bucket : buckets - 1].add(1);
  }
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

}  // namespace duplex::commands
