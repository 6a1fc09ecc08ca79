// The log's own thread: syncs, repairs after failures, and tells how far things are.
#include "aof/log.h"
#include "base/clock.h"
#include "base/diagnostics.h"
#include "base/sync_point.h"

#include <algorithm>
#include <chrono>

namespace duplex::aof {

void Log::set_policy(FsyncPolicy policy) {
  policy_.store(policy, std::memory_order_relaxed);
  wake();
}

// Whoever was answered without waiting finds it written.
void Log::begin_waits() {
  flush();
  is_waited_for_ = true;
  wake();
}

void Log::wake() {
  {
    const std::lock_guard lock(wake_mutex_);
    wake_requested_ = true;
  }
  wake_.notify_one();
}

void Log::run() {
  do {
    report_progress();
    if (failed() && Clock::now() >= next_retry_) {
      recover();
      next_retry_ = Clock::now() + options_.retry_interval;
    }
    if (!failed()) sync_when_due();
    close_retired();
    report_progress();
  } while (wait_for_work());
}

// Returns false when the thread is to end.
bool Log::wait_for_work() {
  std::unique_lock lock(wake_mutex_);
  const auto is_wanted = [this] { return wake_requested_ || stopping_; };
  const LogState state = failed();
  if (state && state.failure != LogFailure::lost)
    wake_.wait_until(lock, next_retry_, is_wanted);
  else if (!state && policy() == FsyncPolicy::everysec)
    wake_.wait_until(lock, next_sync_, is_wanted);
  else
    wake_.wait(lock, is_wanted);
  wake_requested_ = false;
  return !stopping_;
}

void Log::sync_when_due() {
  // Under `always` what is appended during a sync is written and synced with the next one; what is
  // left when the policy changes has nobody else.
  if (appended() > written() && !flush()) return;
  switch (policy()) {
    case FsyncPolicy::always:
      if (written() > durable()) sync_written();
      return;
    case FsyncPolicy::everysec: {
      const auto now = Clock::now();
      if (now < next_sync_) return;
      next_sync_ = now + options_.sync_interval;
      if (written() > durable()) sync_written();
      return;
    }
    case FsyncPolicy::no:
      return;
  }
}

void Log::sync_written() {
  Segment* segment = nullptr;
  Lsn lsn = 0;
  {
    const std::lock_guard turn(turn_);
    segment = segment_.get();
    lsn = written();
  }
  // Writes go on meanwhile. Should the segment change, it stays in retired_ until this is over.
  base::sync_point("log-before-sync");
  if (const auto error = sync(*segment)) {
    fail(LogFailure::sync, error);
    return;
  }
  base::sync_point("log-synced");
  raise_durable(lsn);
}

// Syncs are watched, whoever makes them.
std::error_code Log::sync(Segment& segment) {
  const std::int64_t began_us = base::steady_us();
  sync_began_us_ = began_us;
  const auto error = segment.sync();
  const std::int64_t duration_us = std::max<std::int64_t>(base::steady_us() - began_us, 0);
  sync_began_us_ = 0;
  if (is_slow(duration_us)) {
    ++delayed_syncs_;
    base::log(base::LogLevel::warning,
              "The sync of the append only file took {:.1f} seconds",
              static_cast<double>(duration_us) / 1e6);
  }
  slow_sync_told_ = false;
  if (error) return error;
  last_sync_us_ = duration_us;
  if (duration_us > longest_sync_us_) longest_sync_us_ = duration_us;
  ++syncs_;
  return {};
}

std::optional<std::int64_t> Log::take_longest_sync_us() {
  const std::int64_t longest_us = longest_sync_us_.exchange(-1);
  if (longest_us < 0) return std::nullopt;
  return longest_us;
}

std::int64_t Log::sync_running_us() const {
  const std::int64_t began_us = sync_began_us_;
  return began_us == 0 ? 0 : std::max<std::int64_t>(base::steady_us() - began_us, 0);
}

bool Log::is_slow(std::int64_t duration_us) const {
  return std::chrono::microseconds(duration_us) >= options_.slow_sync;
}

void Log::watch() {
  if (!is_slow(sync_running_us()) || slow_sync_told_.exchange(true)) return;
  base::log(base::LogLevel::warning,
            "The disk is slow: a sync of the append only file has not ended after {} ms. Replies "
            "{}",
            options_.slow_sync.count(),
            policy() == FsyncPolicy::always ? "to writes wait for it" : "do not wait for it");
}

// Closing a file may take its time: not under turn_.
void Log::close_retired() {
  std::vector<std::unique_ptr<Segment>> closing;
  const std::lock_guard turn(turn_);
  closing.swap(retired_);
}

void Log::raise_durable(Lsn lsn) {
  Lsn current = durable();
  while (current < lsn &&
         !durable_.compare_exchange_weak(current, lsn, std::memory_order_acq_rel)) {
  }
}

// Returns false, for the callers' convenience.
bool Log::fail(LogFailure failure, std::error_code error) {
  const LogState before = state_.exchange({.failure = failure, .error_number = error.value()});
  if (before.failure == failure) return false;
  ++transitions_;
  if (!before) failed_since_us_ = base::steady_us();
  ++(failure == LogFailure::write ? write_failures_ : sync_failures_);
  using base::LogLevel;
  switch (failure) {
    case LogFailure::none:
      break;
    case LogFailure::write:
      base::log(LogLevel::warning,
                "Cannot write the append only file: {}. Writes are refused until it works again",
                error.message());
      break;
    case LogFailure::sync:
      base::log(LogLevel::warning,
                "Cannot sync the append only file: {}. Writes are refused until what it holds is "
                "written again and synced",
                error.message());
      break;
    case LogFailure::lost:
      base::log(LogLevel::warning,
                "The append only file does not hold what was written before the failed sync. "
                "Writes are refused for ever: save the data elsewhere and restart");
      break;
  }
  return false;
}

// Brings the files to the state they should have; what works ends the failure.
void Log::recover() {
  const std::lock_guard turn(turn_);
  if (failed().failure == LogFailure::lost) return;
  if (segment_->needs_repair()) {
    if (const auto error = segment_->repair()) {
      fail(error == std::errc::bad_message ? LogFailure::lost : LogFailure::sync, error);
      return;
    }
    raise_durable(written());
  }
  take_open_batch();
  if (!drain()) return;
  state_.store(LogState{}, std::memory_order_release);
  ++transitions_;
  base::log(base::LogLevel::notice,
            "The append only file works again: everything is written, writes are accepted");
}

void Log::report_progress() {
  const Report now{
      .written = written(), .durable = durable(), .transitions = transitions_, .policy = policy()};
  if (now == reported_) return;
  reported_ = now;
  if (options_.on_progress) options_.on_progress(written(), durable());
}

bool Log::close() {
  if (is_closed_) return !failed();
  is_closed_ = true;
  {
    const std::lock_guard lock(wake_mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  // Open failed before there was a file.
  if (segment_ == nullptr) return false;
  if (failed())
    recover();
  else
    flush();
  if (!failed()) {
    (void)segment_->trim();
    sync_written();
  }
  delete_unlisted();
  report_progress();
  return !failed();
}

}  // namespace duplex::aof
