// What a run measured, and the window it is measured in.
#pragma once

#include "bench/load/clocks.h"
#include "bench/load/histogram.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace duplex::load {

// All clocks at one instant.
struct Instant {
  std::uint64_t time_ns = 0;
  std::uint64_t client_cpu_ns = 0;
  std::uint64_t server_cpu_ns = 0;

  static Instant read(pid_t server_pid) {
    return {now_ns(), own_cpu_ns(), server_pid > 0 ? process_cpu_ns(server_pid) : 0};
  }
};

// The longest waits, with the number of the request that saw them, so that a pause can be placed.
// Thread: confined to its owner.
class Slowest {
 public:
  struct Wait {
    std::uint64_t latency_ns;
    std::uint64_t at_operation;
  };

  void offer(std::uint64_t latency_ns, std::uint64_t at_operation) {
    if (waits_.size() == kept && latency_ns <= waits_.back().latency_ns) return;
    const auto place =
        std::ranges::upper_bound(waits_, latency_ns, std::ranges::greater{}, &Wait::latency_ns);
    waits_.insert(place, {latency_ns, at_operation});
    if (waits_.size() > kept) waits_.pop_back();
  }
  // The longest first.
  const std::vector<Wait>& waits() const { return waits_; }

 private:
  static constexpr std::size_t kept = 5;

  std::vector<Wait> waits_;
};

// An operation is a reply, or in a fan-out the delivery of a message to one subscriber.
struct Measurement {
  Instant begin;
  Instant end;
  std::uint64_t operations = 0;
  Histogram latency;
  Slowest slowest;
  std::uint64_t errors = 0;
  std::uint64_t nulls = 0;
  std::string first_error;

  // Of a fan-out only.
  std::uint64_t messages = 0;
  std::uint64_t deliveries_total = 0;   // warm-up included; checked against what was published
  std::int64_t receivers_reported = 0;  // the sum of all replies to PUBLISH
  Histogram last_delivery;              // until the last subscriber had the message
};

}  // namespace duplex::load
