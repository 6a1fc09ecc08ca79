// LATENCY: the delays that some kinds of work have caused lately.
#include "commands/latency_monitor.h"

#include "base/clock.h"

#include <algorithm>

namespace duplex::commands {

namespace {

constexpr std::array<std::string_view, latency_events> names = {"command",
                                                                "fast-command",
                                                                "expire-cycle",
                                                                "eviction-cycle",
                                                                "eviction-del",
                                                                "aof-write",
                                                                "aof-fsync-always"};

}  // namespace

std::string_view latency_event_name(LatencyEvent event) {
  return names[static_cast<std::size_t>(event)];
}

std::optional<LatencyEvent> latency_event(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<LatencyEvent>(found - names.begin());
}

void LatencyMonitor::add(LatencyEvent event, std::int64_t ms) {
  const std::int64_t now_s = base::wall_ms() / 1000;
  const base::MutexLock lock(mutex_);
  Ring& ring = rings_[static_cast<std::size_t>(event)];
  ring.max_ms = std::max(ring.max_ms, ms);
  if (ring.count != 0) {
    LatencySample& last = ring.samples[(ring.count - 1) % samples_max];
    if (last.time_s == now_s) {
      last.ms = std::max(last.ms, ms);
      return;
    }
  }
  ring.samples[ring.count++ % samples_max] = {now_s, ms};
}

std::optional<LatencyMonitor::Series> LatencyMonitor::read(LatencyEvent event) const {
  const Ring& ring = rings_[static_cast<std::size_t>(event)];
  if (ring.count == 0) return std::nullopt;
  Series series{.event = event, .samples = {}, .max_ms = ring.max_ms};
  for (std::size_t i = ring.count > samples_max ? ring.count - samples_max : 0; i < ring.count; ++i)
    series.samples.push_back(ring.samples[i % samples_max]);
  return series;
}

std::vector<LatencyMonitor::Series> LatencyMonitor::all() const {
  const base::MutexLock lock(mutex_);
  std::vector<Series> result;
  for (std::size_t i = 0; i < latency_events; ++i)
    if (auto series = read(static_cast<LatencyEvent>(i))) result.push_back(std::move(*series));
  return result;
}

std::optional<LatencyMonitor::Series> LatencyMonitor::series(LatencyEvent event) const {
  const base::MutexLock lock(mutex_);
  return read(event);
}

bool LatencyMonitor::reset(LatencyEvent event) {
  const base::MutexLock lock(mutex_);
  Ring& ring = rings_[static_cast<std::size_t>(event)];
  const bool had_samples = ring.count != 0;
  ring.count = 0;
  ring.max_ms = 0;
  return had_samples;
}

}  // namespace duplex::commands
