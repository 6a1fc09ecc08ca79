// What the server counts: each loop writes its own numbers, INFO sums them.
#include "commands/statistics.h"

#include "base/ticks.h"

#include <cmath>

namespace duplex::commands {

LatencyHistogram* CommandStatistics::make_histogram() {
  auto made = std::make_unique<LatencyHistogram>();
  histogram_.store(made.get(), std::memory_order_release);
  return made.release();
}

void CommandStatistics::reset() {
  for (Counter* counter : {&calls, &ticks, &rejected, &failed})
    counter->reset();
  if (LatencyHistogram* histogram = histogram_.load(std::memory_order_acquire)) histogram->reset();
}

void LoopStatistics::reset() {
  for (std::size_t i = 0; i < command_count_; ++i)
    commands_[i].reset();
  for (Counter* counter : {&commands_processed,
                           &connections_received,
                           &keyspace_hits,
                           &keyspace_misses,
                           &expired_keys,
                           &evicted_keys,
                           &evicted_clients,
                           &error_replies})
    counter->reset();
  const base::MutexLock lock(mutex_);
  errors_.clear();
}

CommandTotals totals_of(std::span<const std::unique_ptr<LoopStatistics>> loops, std::size_t index) {
  CommandTotals totals;
  for (const auto& loop : loops) {
    const CommandStatistics& statistics = loop->command(index);
    totals.calls += statistics.calls.value();
    totals.ticks += statistics.ticks.value();
    totals.rejected += statistics.rejected.value();
    totals.failed += statistics.failed.value();
    const LatencyHistogram* histogram = statistics.histogram();
    for (std::size_t i = 0; histogram != nullptr && i < totals.histogram.size(); ++i) {
      totals.histogram[i] += histogram->count(i);
      totals.timed += histogram->count(i);
    }
  }
  return totals;
}

double CommandTotals::percentile_us(double percent) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(timed) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    seen += histogram[i];
    if (seen != 0 && seen >= wanted)
      return static_cast<double>(LatencyHistogram::end_of(i)) / base::ticks_per_us();
  }
  return 0;
}

}  // namespace duplex::commands
