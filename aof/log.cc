// Appending, group commit and the change of increments. What happens after a failure, and the
// syncs, are in log_sync.cc.
#include "aof/log.h"

#include "aof/annotation.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/diagnostics.h"
#include "base/hash.h"
#include "base/sync_point.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace duplex::aof {

namespace {

// The memory of a written batch is kept for the next one up to this size.
constexpr std::size_t spare_bytes_max = std::size_t{4} << 20;

constexpr Lsn everything = std::numeric_limits<Lsn>::max();

}  // namespace

std::expected<std::unique_ptr<Log>, std::string> Log::open(Directory& directory,
                                                           LogOptions options,
                                                           Manifest manifest,
                                                           const StreamPosition& position) {
  DUPLEX_ASSERT(position.store_id.size() == store_id_bytes);
  std::unique_ptr<Log> log(new Log(directory, std::move(options), std::move(manifest), position));
  {
    const std::lock_guard files(log->files_);
    if (auto opened = log->open_last_increment(); !opened) return std::unexpected(opened.error());
    log->measure_files();
  }
  if (log->is_listed_) log->delete_history();
  {
    const std::lock_guard turn(log->turn_);
    (void)log->drain();  // A failure is the Log's first state, not the end of the start.
  }
  log->thread_ = std::thread([&log = *log] { log.run(); });
  return log;
}

Log::Log(Directory& directory,
         LogOptions options,
         Manifest manifest,
         const StreamPosition& position)
    : directory_(directory),
      options_(std::move(options)),
      start_(position),
      appended_(position.offset),
      written_(position.offset),
      durable_(position.offset),
      policy_(options_.fsync),
      is_waited_for_(!options_.is_unlisted),
      writes_times_(options_.writes_times),
      manifest_(std::move(manifest)),
      is_listed_(!options_.is_unlisted) {
  reported_ = {
      .written = position.offset, .durable = position.offset, .transitions = 0, .policy = policy()};
  next_sync_ = next_retry_ = Clock::now();
}

Log::~Log() {
  close();
}

Lsn Log::append(int db, std::span<const std::string_view> args) {
  thread_local LogUnit unit;
  unit.add(db, args);
  const Lsn end = append(unit);
  unit.clear();
  return end;
}

Lsn Log::append(LogUnit& unit) {
  const std::string_view bytes = unit.bytes();
  const base::MutexLock lock(mutex_);
  if (writes_times_.load(std::memory_order_relaxed)) [[unlikely]]
    append_time();
  const std::size_t before = open_.bytes.size();
  if (unit.first_db() != stream_db_) append_select(open_.bytes, unit.first_db());
  open_.bytes.append(bytes);
  stream_db_ = unit.last_db();
  open_.end = appended_.load(std::memory_order_relaxed) + (open_.bytes.size() - before);
  appended_.store(open_.end, std::memory_order_release);
  return open_.end;
}

// Lines that begin with # are no part of the stream.
void Log::append_time() {
  const std::int64_t now_s = base::wall_ms() / 1000;
  if (now_s == told_time_s_) return;
  told_time_s_ = now_s;
  open_.bytes.append(fmt::format("{}{}\r\n", time_mark, now_s));
}

bool Log::commit(Lsn lsn) {
  if (written() >= lsn) return true;
  if (failed()) return false;
  if (policy() != FsyncPolicy::always) return flush_up_to(lsn);
  wake();
  return true;
}

bool Log::flush() {
  return flush_up_to(everything);
}

bool Log::flush_up_to(Lsn lsn) {
  bool is_drained = false;
  bool wants_thread = false;
  {
    const std::lock_guard turn(turn_);
    // Whoever had the turn before may have written our records with its own, or may have failed.
    if (written() >= lsn) return true;
    if (failed()) return false;
    take_open_batch();
    is_drained = drain();
    wants_thread = !is_drained || !retired_.empty() || policy() == FsyncPolicy::always;
  }
  if (wants_thread) wake();
  return is_drained;
}

// Moves what is appended to pending_ and closes each batch with its checksum.
void Log::take_open_batch() {
  const std::size_t first_new = pending_.size();
  {
    const base::MutexLock lock(mutex_);
    for (Batch& batch : closed_)
      pending_.push_back(std::move(batch));
    closed_.clear();
    if (!open_.bytes.empty() || open_.starts_increment) {
      pending_.push_back(std::move(open_));
      open_ = Batch{.bytes = std::move(spare_)};
    }
  }
  for (std::size_t i = first_new; i < pending_.size(); ++i) {
    Batch& batch = pending_[i];
    const std::string_view bytes = batch.bytes.view();
    if (bytes.empty()) continue;
    batch.bytes.append(format_annotation(BatchEnd{
        .end = batch.end, .bytes = bytes.size(), .checksum = base::checksum_bytes(bytes)}));
  }
}

// Writes the pending batches in order; after a failure the rest is kept.
bool Log::drain() {
  if (const auto error = name_segment()) return fail(LogFailure::write, error);
  while (!pending_.empty()) {
    Batch& batch = pending_.front();
    if (!write_batch(batch)) return false;
    batch.bytes.clear();
    if (batch.bytes.capacity() <= spare_bytes_max) spare_ = std::move(batch.bytes);
    pending_.pop_front();
  }
  return true;
}

bool Log::write_batch(Batch& batch) {
  if (batch.starts_increment) {
    // Nothing of the next file may be on the disk while something of this one is missing.
    (void)segment_->trim();
    if (const auto error = sync(*segment_)) return fail(LogFailure::sync, error);
    base::sync_point("log-increment-changes");
    change_segment();
    batch.starts_increment = false;
    if (const auto error = name_segment()) return fail(LogFailure::write, error);
  }
  if (batch.bytes.empty()) return true;
  const bool is_always = policy() == FsyncPolicy::always;
  if (is_always && segment_->synced_end() != segment_->end()) {
    // Of two batches in padding the second may be on the disk before the first: so there is one.
    if (const auto error = sync(*segment_)) return fail(LogFailure::sync, error);
    raise_durable(written());
  }
  base::sync_point("log-before-write");
  const std::size_t reserve_bytes = is_always ? options_.reserve_bytes : 0;
  if (const auto error = segment_->append(batch.bytes.view(), reserve_bytes))
    return fail(LogFailure::write, error);
  base::sync_point("log-written");
  segment_bytes_.store(segment_->end(), std::memory_order_relaxed);
  writes_.fetch_add(1, std::memory_order_relaxed);
  written_.store(batch.end, std::memory_order_release);
  return true;
}

// Writes the line that says whose stream the segment goes on with, and where.
std::error_code Log::name_segment() {
  if (segment_named_) return {};
  StreamPosition position = start_;
  position.offset = written();
  if (const auto error = segment_->append(format_annotation(StreamStart{position}))) return error;
  segment_bytes_.store(segment_->end(), std::memory_order_relaxed);
  segment_named_ = true;
  return {};
}

void Log::change_segment() {
  DUPLEX_ASSERT(prepared_ != nullptr);
  raise_durable(written());
  closed_bytes_.fetch_add(segment_->end(), std::memory_order_relaxed);
  // A sync may be running on the old one: the sync thread closes it.
  retired_.push_back(std::exchange(segment_, std::move(prepared_)));
  segment_named_ = false;
}

Lsn Log::switch_increment() {
  DUPLEX_ASSERT(switch_is_ready_.exchange(false));
  const base::MutexLock lock(mutex_);
  const Lsn cut = appended();
  if (!open_.bytes.empty()) closed_.push_back(std::move(open_));
  open_ = Batch{.bytes = {}, .end = cut, .starts_increment = true};
  stream_db_ = -1;
  told_time_s_ = 0;
  return cut;
}

}  // namespace duplex::aof
