// What the HTTP port counts, over all loops.
#pragma once

#include "realtime/denial_counters.h"

#include <atomic>
#include <cstdint>

namespace duplex::ws {

// Thread: any.
struct Counters {
  std::atomic<std::uint64_t> connections{0};  // open now, WebSockets included
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> websockets{0};  // open now
  std::atomic<std::uint64_t> websockets_opened{0};
  std::atomic<std::uint64_t> messages_received{0};
  std::atomic<std::uint64_t> publishes{0};
  std::atomic<std::uint64_t> pushes{0};
  std::atomic<std::uint64_t> subscriptions{0};  // now
  std::atomic<std::uint64_t> slow_disconnects{0};

  realtime::DenialCounters denials;

  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t count = 1) {
    counter.fetch_add(count, std::memory_order_relaxed);
  }
  static void subtract(std::atomic<std::uint64_t>& counter, std::uint64_t count = 1) {
    counter.fetch_sub(count, std::memory_order_relaxed);
  }
};

}  // namespace duplex::ws
