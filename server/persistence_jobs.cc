// How a snapshot is written into dump.rdb, and how the log gets a new base.
#include "base/diagnostics.h"
#include "base/sync_point.h"
#include "server/persistence.h"

#include <fmt/format.h>

#include <unistd.h>

namespace duplex::server {

namespace {

std::unexpected<std::string> failure(std::string_view what, const std::error_code& error) {
  return std::unexpected(fmt::format("{}: {}", what, error.message()));
}

}  // namespace

std::expected<std::unique_ptr<Persistence::Job>, std::string> Persistence::prepare_save() {
  const auto config = parts_.config.snapshot();
  auto job = std::make_unique<Job>();
  job->path = config->dir + "/" + config->dbfilename;
  auto file = SnapshotFile::create(fmt::format("{}/temp-{}.rdb", config->dir, getpid()),
                                   config->rdb_save_incremental_fsync);
  if (!file) return failure("cannot create a file", file.error());
  job->file.emplace(std::move(*file));
  job->output = std::make_unique<RdbOutput>(
      *job->file,
      RdbOutput::Options{.compress = config->rdbcompression,
                         .checksum = config->rdbchecksum,
                         .version = static_cast<int>(config->rdb_compat_version),
                         .policy = config->maxmemory_policy,
                         .lfu_decay_minutes = config->lfu_decay_time});
  job->snapshot = std::make_unique<Snapshot>(
      parts_.keyspace, *job->output, parts_.reclaimer, parts_.snapshot_is_behind);
  store::ShardLock lock(parts_.keyspace);
  if (!lock.lock_all()) return std::unexpected(std::string(script_runs));
  job->snapshot->cut(lock, parts_.scripts.snapshot());
  job->changes_at_cut = parts_.log_sink.changes();
  lock.unlock();
  return job;
}

Persistence::Outcome Persistence::run_save(Job& job) {
  if (const auto error = job.snapshot->run()) return failure("cannot write", error);
  if (const auto error = job.file->rename_to(job.path)) return failure("cannot rename", error);
  base::log(base::LogLevel::notice, "DB saved on disk: {} bytes", job.file->bytes());
  return {};
}

std::expected<void, std::string> Persistence::save_at_end() {
  auto job = prepare_save();
  if (!job) return std::unexpected(job.error());
  return run_save(**job);
}

std::expected<aof::ManifestEntry, std::string> Persistence::write_first_base() {
  const auto config = parts_.config.snapshot();
  const std::string directory = config->dir + "/" + config->appenddirname;
  aof::ManifestEntry base = aof::Manifest().next_base(config->appendfilename);
  auto file = SnapshotFile::create(fmt::format("{}/temp-rewriteaof-bg-{}.aof", directory, getpid()),
                                   config->aof_rewrite_incremental_fsync);
  if (!file) return failure("cannot create a file", file.error());
  const auto output = make_base_output(*file, *config);
  Snapshot snapshot(parts_.keyspace, *output, parts_.reclaimer, parts_.snapshot_is_behind);
  {
    store::ShardLock lock(parts_.keyspace);
    lock.wait_for_all();
    snapshot.cut(lock, parts_.scripts.snapshot());
    lock.unlock();
  }
  if (const auto error = snapshot.run()) return failure("cannot write", error);
  if (const auto error = file->rename_to(directory + "/" + base.name))
    return failure("cannot rename", error);
  return base;
}

Persistence::Outcome Persistence::run_rewrite() {
  aof::Log* log = parts_.log.load(std::memory_order_acquire);
  if (log == nullptr) return std::unexpected("appendonly is off");
  return write_base(*log);
}

std::unique_ptr<SnapshotOutput> Persistence::make_base_output(SnapshotFile& file,
                                                              const Config& config) {
  return std::make_unique<RdbOutput>(
      file,
      RdbOutput::Options{.compress = config.rdbcompression,
                         .checksum = config.rdbchecksum,
                         .version = static_cast<int>(config.rdb_compat_version),
                         .is_log_base = true,
                         .policy = config.maxmemory_policy,
                         .lfu_decay_minutes = config.lfu_decay_time});
}

Persistence::Outcome Persistence::write_base(aof::Log& log) {
  const auto config = parts_.config.snapshot();
  const std::string directory = config->dir + "/" + config->appenddirname;
  auto file = SnapshotFile::create(fmt::format("{}/temp-rewriteaof-bg-{}.aof", directory, getpid()),
                                   config->aof_rewrite_incremental_fsync);
  if (!file) return failure("cannot create a file", file.error());
  const auto output = make_base_output(*file, *config);
  Snapshot snapshot(parts_.keyspace, *output, parts_.reclaimer, parts_.snapshot_is_behind);
  // An increment that an earlier attempt prepared or began is as good as a new one.
  const auto increment = log.prepare_increment();
  if (!increment) return std::unexpected(increment.error());
  {
    store::ShardLock lock(parts_.keyspace);
    lock.wait_for_all();
    snapshot.cut(lock, parts_.scripts.snapshot());
    log.switch_increment();
    lock.unlock();
  }
  base::sync_point("increment-switched");
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = &snapshot;
    if (stopping_) snapshot.cancel();
  }
  log.flush();
  const std::error_code written = snapshot.run();
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = nullptr;
  }
  if (written) return failure("cannot write", written);
  aof::ManifestEntry base = log.next_base();
  if (const auto error = file->rename_to(directory + "/" + base.name))
    return failure("cannot rename", error);
  return log.install_base(std::move(base), *increment);
}

}  // namespace duplex::server
