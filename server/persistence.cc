// When snapshots are taken and the log gets a new base. How a job is done is in
// persistence_jobs.cc.
#include "server/persistence.h"

#include "base/clock.h"
#include "base/diagnostics.h"
#include "server/process.h"

#include <algorithm>
#include <chrono>

namespace duplex::server {

namespace {

constexpr std::chrono::milliseconds look_interval{100};
// After a failure the next attempt by itself waits so long.
constexpr std::int64_t save_retry_ms = 5'000;
constexpr std::int64_t rewrite_retry_ms = 10'000;
constexpr std::int64_t rewrite_retry_ms_max = 3'600'000;

constexpr std::string_view save_runs = "ERR Background save already in progress";

}  // namespace

Persistence::Persistence(Parts parts)
    : parts_(parts), log_is_wanted_(parts.config.snapshot()->appendonly) {
  stats_.last_save_s = base::wall_ms() / 1000;
}

Persistence::~Persistence() {
  stop();
}

void Persistence::start() {
  const std::lock_guard lock(mutex_);
  started_ = true;
  saved_changes_ = parts_.log_sink.changes();
  thread_ = std::thread([this] { run(); });
}

void Persistence::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (snapshot_ != nullptr) snapshot_->cancel();
    save_is_cancelled_ = rewrite_is_cancelled_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Persistence::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, look_interval, [this] {
      return stopping_ || job_ || look_is_due_ || (rewrite_is_requested_ && state_ == State::idle);
    });
    look_is_due_ = false;
    if (!job_ && stopping_) break;
    if (job_) {
      Job& job = *job_;
      const bool cancelled = save_is_cancelled_;
      lock.unlock();
      if (cancelled) job.snapshot->cancel();
      const Outcome outcome = [&] {
        const CpuList cpus(parts_.config.snapshot()->bgsave_cpulist, "bgsave_cpulist");
        return run_save(job);
      }();
      lock.lock();
      note_save(job, outcome, save_is_cancelled_);
      snapshot_ = nullptr;
      job_.reset();
      state_ = State::idle;
      ++jobs_ended_;
      ended_.notify_all();
      continue;
    }
    lock.unlock();
    look_around();
    lock.lock();
  }
}

// The thread's own: begins what is due.
void Persistence::look_around() {
  bool rewrite = false;
  bool save = false;
  bool is_log_wanted = false;
  const auto config = parts_.config.snapshot();
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::idle || stopping_) return;
    is_log_wanted = log_is_wanted_;
    rewrite = rewrite_is_requested_ || wants_rewrite(*config);
    save = !rewrite && (save_is_scheduled_ || wants_save(*config));
    if (rewrite) {
      state_ = State::rewriting;
      rewrite_is_requested_ = rewrite_is_cancelled_ = false;
      job_began_ms_ = last_rewrite_try_ms_ = base::wall_ms();
    }
  }
  if (!is_log_wanted && parts_.log_switch.is_open()) turn_off();
  if (save) (void)begin_save(false, false);
  if (!rewrite) return;
  const Outcome outcome = [&] {
    const CpuList cpus(config->aof_rewrite_cpulist, "aof_rewrite_cpulist");
    return run_rewrite(is_log_wanted);
  }();
  const std::lock_guard lock(mutex_);
  note_rewrite(outcome);
  snapshot_ = nullptr;
  state_ = State::idle;
  ++jobs_ended_;
  ended_.notify_all();
}

void Persistence::turn_off() {
  if (end_log())
    base::log(base::LogLevel::notice, "The append only file is off");
  else
    base::log(base::LogLevel::warning,
              "The append only file is off, but could not be written completely");
}

bool Persistence::wants_save(const Config& config) const {
  const std::int64_t now_ms = base::wall_ms();
  if (!stats_.last_save_ok && now_ms - last_save_try_ms_ < save_retry_ms) return false;
  const auto changes = static_cast<std::int64_t>(parts_.log_sink.changes() - saved_changes_);
  const std::int64_t age_s = now_ms / 1000 - stats_.last_save_s;
  const auto due = std::ranges::find_if(config.save, [&](const SavePoint& point) {
    return changes >= point.changes && age_s > point.seconds;
  });
  if (due == config.save.end()) return false;
  base::log(
      base::LogLevel::notice, "{} changes in {} seconds. Saving...", due->changes, due->seconds);
  return true;
}

bool Persistence::may_retry_rewrite() const {
  if (stats_.rewrite_failures_in_a_row == 0) return true;
  const auto doublings = std::min<std::uint64_t>(stats_.rewrite_failures_in_a_row - 1, 10);
  const std::int64_t delay_ms = std::min(rewrite_retry_ms << doublings, rewrite_retry_ms_max);
  return base::wall_ms() - last_rewrite_try_ms_ >= delay_ms;
}

bool Persistence::wants_rewrite(const Config& config) const {
  if (!log_is_wanted_ || !may_retry_rewrite()) return false;
  const aof::Log* log = parts_.log.load(std::memory_order_acquire);
  if (log == nullptr) return true;
  if (log->failed()) return false;
  if (config.auto_aof_rewrite_percentage == 0) return false;
  const aof::LogStats stats = log->stats();
  if (stats.current_bytes <= static_cast<std::uint64_t>(config.auto_aof_rewrite_min_size))
    return false;
  const std::uint64_t base = std::max<std::uint64_t>(stats.base_bytes, 1);
  const std::uint64_t grown = stats.current_bytes > base ? stats.current_bytes - base : 0;
  const std::uint64_t growth = grown / (base / 100 + 1);
  if (growth < static_cast<std::uint64_t>(config.auto_aof_rewrite_percentage)) return false;
  base::log(base::LogLevel::notice,
            "Starting automatic rewriting of AOF on {}% growth",
            grown * 100 / base);
  return true;
}

Persistence::Answer Persistence::begin_save(bool may_schedule, bool in_transaction) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::saving) return {true, save_runs};
    if (state_ == State::rewriting || in_transaction) {
      if (!may_schedule && !in_transaction)
        return {true,
                "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE "
                "SCHEDULE in order to schedule a BGSAVE whenever possible."};
      save_is_scheduled_ = true;
      return {false, "Background saving scheduled"};
    }
    state_ = State::saving;
    save_is_scheduled_ = false;
    save_is_cancelled_ = false;
    job_began_ms_ = last_save_try_ms_ = base::wall_ms();
  }
  auto job = prepare_save();
  {
    const std::lock_guard lock(mutex_);
    if (!job) {
      state_ = State::idle;
      ++jobs_ended_;
      ended_.notify_all();
      if (job.error() == script_runs) {
        save_is_scheduled_ = true;
        return {false, "Background saving scheduled"};
      }
      note_save({}, std::unexpected(job.error()), false);
      return {true, "ERR"};
    }
    job_ = std::move(*job);
    snapshot_ = job_->snapshot.get();
    if (save_is_cancelled_) snapshot_->cancel();
  }
  wake_.notify_one();
  return {false, "Background saving started"};
}

std::optional<std::string> Persistence::save() {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::saving) return std::string(save_runs);
  }
  return save_again();
}

std::optional<std::string> Persistence::save_again() {
  {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return state_ == State::idle || stopping_; });
  }
  const Answer begun = begin_save(false, false);
  if (begun.is_error) return std::string(begun.text);
  std::unique_lock lock(mutex_);
  const std::uint64_t before = jobs_ended_;
  ended_.wait(lock, [&] { return state_ != State::saving || jobs_ended_ != before; });
  if (!stats_.last_save_ok) return "ERR";
  return std::nullopt;
}

Persistence::Answer Persistence::cancel_save() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::saving) {
    save_is_cancelled_ = true;
    if (snapshot_ != nullptr) snapshot_->cancel();
    return {false, "Background saving cancelled"};
  }
  if (save_is_scheduled_) {
    save_is_scheduled_ = false;
    return {false, "Scheduled background saving cancelled"};
  }
  return {true, "ERR Background saving is currently not in progress or scheduled"};
}

Persistence::Answer Persistence::begin_rewrite(bool in_transaction) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::rewriting)
    return {true, "ERR Background append only file rewriting already in progress"};
  stats_.rewrite_failures_in_a_row = 0;
  rewrite_is_requested_ = true;
  if (state_ == State::saving || in_transaction)
    return {false, "Background append only file rewriting scheduled"};
  wake_.notify_one();
  return {false, "Background append only file rewriting started"};
}

std::expected<void, std::string> Persistence::turn_log(bool on) {
  if (on) {
    if (auto possible = parts_.log_switch.probe(); !possible) return possible;
  }
  const std::lock_guard lock(mutex_);
  if (!started_) return std::unexpected("the data are being loaded");
  log_is_wanted_ = on;
  stats_.rewrite_failures_in_a_row = 0;
  if (on) {
    rewrite_is_requested_ = true;
    if (state_ != State::idle)
      base::log(base::LogLevel::notice,
                "The append only file gets its first base when the job that is running has ended");
  } else {
    rewrite_is_requested_ = false;
    rewrite_is_cancelled_ = true;
    if (state_ == State::rewriting && snapshot_ != nullptr) snapshot_->cancel();
    look_is_due_ = true;
  }
  wake_.notify_one();
  return {};
}

void Persistence::log_progressed() {
  const aof::Log* log = parts_.log.load(std::memory_order_acquire);
  if (log == nullptr || !log->failed()) return;
  const std::lock_guard lock(mutex_);
  if (log_is_unconfirmed_ && snapshot_ != nullptr) snapshot_->cancel();
}

std::int64_t Persistence::last_save_s() const {
  const std::lock_guard lock(mutex_);
  return stats_.last_save_s;
}

PersistenceStats Persistence::stats() const {
  const aof::Log* log = parts_.log.load(std::memory_order_acquire);
  const std::lock_guard lock(mutex_);
  PersistenceStats stats = stats_;
  const std::int64_t running_s = (base::wall_ms() - job_began_ms_) / 1000;
  stats.changes = parts_.log_sink.changes() - saved_changes_;
  stats.is_saving = state_ == State::saving;
  stats.is_rewriting = state_ == State::rewriting;
  // What is asked for and begins at once is in progress for whoever asks.
  if (rewrite_is_requested_ && state_ == State::idle) stats.is_rewriting = true;
  stats.rewrite_is_scheduled = rewrite_is_requested_ && state_ == State::saving;
  stats.log_is_on = log_is_wanted_;
  stats.log_has_no_base = started_ && log_is_wanted_ && (log_is_unconfirmed_ || log == nullptr);
  if (snapshot_ != nullptr) stats.keys_walked = snapshot_->keys_walked();
  if (stats.is_saving) stats.current_save_s = running_s;
  if (state_ == State::rewriting) stats.current_rewrite_s = running_s;
  return stats;
}

void Persistence::config_changed(const Config& config) {
  const std::lock_guard lock(mutex_);
  refuses_unsaved_ = config.stop_writes_on_bgsave_error && !config.save.empty();
  parts_.log_sink.refuse_unsaved(!stats_.last_save_ok && refuses_unsaved_);
}

void Persistence::note_save(const Job& job, const Outcome& outcome, bool was_cancelled) {
  const std::int64_t now_ms = base::wall_ms();
  stats_.last_save_took_s = (now_ms - job_began_ms_) / 1000;
  if (was_cancelled && !outcome) {
    base::log(base::LogLevel::warning, "Background saving cancelled");
    return;
  }
  stats_.last_save_ok = outcome.has_value();
  if (outcome) {
    stats_.last_save_s = now_ms / 1000;
    stats_.last_save_seconds = static_cast<double>(now_ms - job_began_ms_) / 1000;
    stats_.last_save_bytes = job.file->bytes();
    ++stats_.saves;
    saved_changes_ = job.changes_at_cut;
    base::log(base::LogLevel::notice, "Background saving terminated with success");
  } else {
    ++stats_.save_failures;
    base::log(base::LogLevel::warning, "Background saving error: {}", outcome.error());
  }
  parts_.log_sink.refuse_unsaved(!outcome && refuses_unsaved_);
}

void Persistence::note_rewrite(const Outcome& outcome) {
  const std::int64_t took_ms = base::wall_ms() - job_began_ms_;
  stats_.last_rewrite_took_s = took_ms / 1000;
  if (!outcome && rewrite_is_cancelled_) {
    base::log(base::LogLevel::warning, "Background AOF rewrite cancelled");
    return;
  }
  stats_.last_rewrite_ok = outcome.has_value();
  if (outcome) {
    ++stats_.rewrites;
    stats_.last_rewrite_seconds = static_cast<double>(took_ms) / 1000;
    stats_.last_base_bytes = base_bytes_;
    stats_.rewrite_failures_in_a_row = 0;
    base::log(base::LogLevel::notice, "Background AOF rewrite finished successfully");
  } else {
    ++stats_.rewrite_failures;
    ++stats_.rewrite_failures_in_a_row;
    base::log(base::LogLevel::warning, "Background AOF rewrite failed: {}", outcome.error());
  }
}

}  // namespace duplex::server
