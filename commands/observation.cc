// What the server notices about its own work while it runs commands.
#include "commands/observation.h"

#include "base/ticks.h"

#include <algorithm>

namespace duplex::commands {

namespace {

// The rate of the tick counter is measured: a limit stays this much below what was asked, and who
// looks at a command compares its microseconds.
constexpr double certainty = 0.98;

std::uint64_t bytes_limit(const CommandLogLimits& limits, std::uint64_t never) {
  if (limits.threshold < 0 || limits.length_max == 0) return never;
  return static_cast<std::uint64_t>(limits.threshold);
}

}  // namespace

void Observation::configure(const ObservationSettings& settings) {
  for (std::size_t i = 0; i < command_log_types; ++i)
    logs_[i].set_limits(settings.logs[i]);
  latency_.set_threshold_ms(settings.latency_threshold_ms);
  const base::MutexLock lock(mutex_);
  settings_ = settings;
  update_limits();
}

void Observation::begin_monitoring() {
  const base::MutexLock lock(mutex_);
  monitors_.fetch_add(1, std::memory_order_relaxed);
  update_limits();
}

void Observation::end_monitoring() {
  const base::MutexLock lock(mutex_);
  monitors_.fetch_sub(1, std::memory_order_relaxed);
  update_limits();
}

bool Observation::start_profile(const HotKeysOptions& options,
                                const store::Keyspace& keyspace,
                                std::int64_t now_ms) {
  if (!hot_keys_.start(options, keyspace, now_ms)) return false;
  const base::MutexLock lock(mutex_);
  update_limits();
  return true;
}

bool Observation::stop_profile(const store::Keyspace& keyspace, std::int64_t now_ms) {
  if (!hot_keys_.stop(keyspace, now_ms)) return false;
  const base::MutexLock lock(mutex_);
  update_limits();
  return true;
}

std::optional<HotKeysReport> Observation::profile(const store::Keyspace& keyspace,
                                                  std::int64_t now_ms) {
  if (hot_keys_.is_over(now_ms)) stop_profile(keyspace, now_ms);
  return hot_keys_.report(keyspace, now_ms);
}

void Observation::update_limits() {
  const auto ticks = [](double us) {
    const double exact = us * base::ticks_per_us() * certainty;
    constexpr double longest = 1e18;
    return exact < longest ? static_cast<std::uint64_t>(exact) : never;
  };
  const auto& [slow, request, reply] = settings_.logs;
  std::uint64_t limit = never;
  if (slow.threshold >= 0 && slow.length_max != 0)
    limit = ticks(static_cast<double>(slow.threshold));
  if (settings_.latency_threshold_ms > 0)
    limit = std::min(limit, ticks(static_cast<double>(settings_.latency_threshold_ms) * 1000));
  limits_.ticks.store(has_monitors() || hot_keys_.is_active() ? 0 : limit,
                      std::memory_order_relaxed);
  limits_.request_bytes.store(bytes_limit(request, never), std::memory_order_relaxed);
  limits_.reply_bytes.store(bytes_limit(reply, never), std::memory_order_relaxed);
}

}  // namespace duplex::commands
