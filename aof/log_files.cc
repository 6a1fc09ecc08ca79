// The log's files: opening, the next increment, a new base, and the manifest that names them.
#include "aof/log.h"
#include "base/clock.h"
#include "base/diagnostics.h"
#include "base/sync_point.h"

#include <fmt/format.h>

#include <algorithm>

namespace duplex::aof {

namespace {

std::unexpected<std::string> failure(std::string_view name, std::error_code error) {
  return std::unexpected(fmt::format("{}: {}", name, error.message()));
}

}  // namespace

std::expected<void, std::string> Log::open_last_increment() {
  if (manifest_.increments.empty() || !is_listed_) {
    auto created = create_increment();
    if (!created) return std::unexpected(created.error());
    segment_ = std::move(*created);
    return {};
  }
  const std::string& name = manifest_.increments.back().name;
  auto file = directory_.open(name);
  if (!file) return failure(name, file.error());
  const auto size = (*file)->size();
  if (!size) return failure(name, size.error());
  // The last process may have written bytes that it did not sync.
  if (const auto error = (*file)->sync()) return failure(name, error);
  segment_ = std::make_unique<Segment>(std::move(*file), *size);
  return {};
}

// The file exists and is empty before the manifest names it, so that a crash between leaves nothing
// but a file that nobody reads.
std::expected<std::unique_ptr<Segment>, std::string> Log::create_increment() {
  Manifest next = manifest_;
  const std::string& name = next.add_increment(options_.file_name).name;
  auto file = directory_.open(name);
  if (!file) return failure(name, file.error());
  if (const auto error = (*file)->truncate(0)) return failure(name, error);
  if (const auto error = (*file)->sync()) return failure(name, error);
  if (const auto error = directory_.sync()) return failure(name, error);
  base::sync_point("log-increment-created");
  if (!is_listed_) {
    ++unlisted_;
  } else if (const auto error = write_manifest(next)) {
    return failure(manifest_name(options_.file_name), error);
  }
  manifest_ = std::move(next);
  return std::make_unique<Segment>(std::move(*file), 0);
}

std::expected<std::uint64_t, std::string> Log::prepare_increment() {
  const std::lock_guard files(files_);
  Segment* current = nullptr;
  {
    const std::lock_guard turn(turn_);
    if (prepared_ != nullptr) return std::unexpected("an increment is prepared already");
    current = segment_.get();
  }
  // So that little is left to be synced when the increment changes. Without a prepared segment the
  // current one stays.
  if (const auto error = current->sync()) {
    fail(LogFailure::sync, error);
    wake();
    return failure("the log", error);
  }
  auto created = create_increment();
  if (!created) return std::unexpected(created.error());
  {
    const std::lock_guard turn(turn_);
    prepared_ = std::move(*created);
  }
  switch_is_ready_ = true;
  return manifest_.increments.back().sequence;
}

std::expected<Lsn, std::string> Log::start_increment() {
  if (auto prepared = prepare_increment(); !prepared) return std::unexpected(prepared.error());
  const Lsn cut = switch_increment();
  if (!flush()) return std::unexpected("the log cannot be written");
  return cut;
}

ManifestEntry Log::next_base(BaseForm form) const {
  const std::lock_guard files(files_);
  return manifest_.next_base(options_.file_name, form);
}

Manifest Log::manifest() const {
  const std::lock_guard files(files_);
  return manifest_;
}

std::expected<void, std::string> Log::install_base(ManifestEntry base,
                                                   std::uint64_t first_increment) {
  const std::lock_guard files(files_);
  Manifest next = manifest_;
  next.install_base(std::move(base), first_increment);
  if (const auto error = write_manifest(next))
    return failure(manifest_name(options_.file_name), error);
  manifest_ = std::move(next);
  is_listed_ = true;
  unlisted_ = 0;
  measure_files();
  return {};
}

std::error_code Log::write_manifest(const Manifest& manifest) {
  return directory_.replace(manifest_name(options_.file_name), manifest.format());
}

void Log::delete_history() {
  std::vector<ManifestEntry> deleted = manifest().history;
  if (deleted.empty()) return;
  // Without the lock: a large file takes its time.
  base::sync_point("log-before-history-deleted");
  std::erase_if(deleted, [this](const ManifestEntry& entry) {
    const auto error = directory_.remove(entry.name);
    if (error)
      base::log(base::LogLevel::warning, "Cannot delete {}: {}", entry.name, error.message());
    return bool(error);
  });
  base::sync_point("log-history-deleted");
  const std::lock_guard files(files_);
  Manifest next = manifest_;
  std::erase_if(next.history, [&](const ManifestEntry& entry) {
    return std::ranges::find(deleted, entry) != deleted.end();
  });
  if (const auto error = write_manifest(next))
    base::log(base::LogLevel::warning, "Cannot write the manifest: {}", error.message());
  else
    manifest_ = std::move(next);
}

void Log::delete_unlisted() {
  const std::lock_guard files(files_);
  for (; unlisted_ > 0; --unlisted_) {
    (void)directory_.remove(manifest_.increments.back().name);
    manifest_.increments.pop_back();
  }
}

void Log::measure_files() {
  std::vector<ManifestEntry> entries = manifest_.increments;
  if (unlisted_ != 0) entries.clear();
  if (manifest_.base && unlisted_ == 0) entries.push_back(*manifest_.base);
  std::uint64_t total = 0;
  const std::lock_guard turn(turn_);
  for (const ManifestEntry& entry : entries) {
    const auto file = directory_.open(entry.name);
    if (file) total += (*file)->size().value_or(0);
  }
  const std::uint64_t current = segment_->end();
  segment_bytes_ = current;
  closed_bytes_ = total - std::min(total, current);
  base_bytes_ = total;
}

LogStats Log::stats() const {
  const LogState state = failed();
  const std::int64_t running_us = sync_running_us();
  return {
      .current_bytes = closed_bytes_ + segment_bytes_,
      .base_bytes = base_bytes_,
      .pending_bytes = appended() - std::min(appended(), written()),
      .last_write_ok = state.failure != LogFailure::write,
      .last_sync_ok = state.failure != LogFailure::sync && state.failure != LogFailure::lost,
      .last_sync_us = last_sync_us_,
      .delayed_syncs = delayed_syncs_,
      .syncs = syncs_,
      .writes = writes_,
      .state = state,
      .failed_for_us = state ? base::steady_us() - failed_since_us_ : 0,
      .sync_running_us = running_us,
      .sync_is_slow = running_us > 0 && is_slow(running_us),
      .write_failures = write_failures_,
      .sync_failures = sync_failures_,
  };
}

}  // namespace duplex::aof
