// What RESP sessions may take up: switches that CONFIG SET changes while they are read.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace duplex::net {

// client-output-buffer-limit of one class of clients; 0 means no limit.
struct OutputLimit {
  std::atomic<std::size_t> hard_bytes{0};
  std::atomic<std::size_t> soft_bytes{0};
  std::atomic<std::int64_t> soft_seconds{0};
};

// Thread: any.
struct SessionLimits {
  std::atomic<std::size_t> clients_max{10000};
  std::atomic<bool> protected_mode{true};
  std::atomic<std::int64_t> idle_seconds_max{0};  // timeout; 0: never
  std::atomic<std::size_t> query_buffer_bytes_max{std::size_t{1} << 30};
  std::atomic<std::size_t> client_bytes_max{0};  // maxmemory-clients; 0: no limit
  // Connections turned away by one of these.
  std::atomic<std::uint64_t> rejected{0};
  OutputLimit normal;
  OutputLimit pubsub;
};

}  // namespace duplex::net
