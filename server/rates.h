// How much happens per second, sampled a few times a second.
#pragma once

#include <atomic>
#include <cstdint>

namespace duplex::server {

// Thread: sample() from one thread, the rates from any.
class Rates {
 public:
  // Totals since the start, at a time of the steady clock.
  void sample(std::int64_t now_us,
              std::uint64_t commands,
              std::uint64_t bytes_received,
              std::uint64_t bytes_sent) {
    const auto elapsed_us = static_cast<double>(now_us - at_us_);
    if (at_us_ != 0 && elapsed_us > 0) {
      commands_.store(static_cast<std::uint64_t>(static_cast<double>(commands - last_commands_) *
                                                 1e6 / elapsed_us),
                      std::memory_order_relaxed);
      input_.store(static_cast<double>(bytes_received - last_received_) * 1e6 / 1024 / elapsed_us,
                   std::memory_order_relaxed);
      output_.store(static_cast<double>(bytes_sent - last_sent_) * 1e6 / 1024 / elapsed_us,
                    std::memory_order_relaxed);
    }
    at_us_ = now_us;
    last_commands_ = commands;
    last_received_ = bytes_received;
    last_sent_ = bytes_sent;
  }

  std::uint64_t commands_per_second() const { return commands_.load(std::memory_order_relaxed); }
  double input_kilobytes_per_second() const { return input_.load(std::memory_order_relaxed); }
  double output_kilobytes_per_second() const { return output_.load(std::memory_order_relaxed); }

 private:
  std::int64_t at_us_ = 0;
  std::uint64_t last_commands_ = 0;
  std::uint64_t last_received_ = 0;
  std::uint64_t last_sent_ = 0;
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<double> input_{0};
  std::atomic<double> output_{0};
};

}  // namespace duplex::server
