// How a snapshot is written into dump.rdb, and how the log gets a new base.
#include "base/diagnostics.h"
#include "base/sync_point.h"
#include "server/command_output.h"
#include "server/persistence.h"

#include <fmt/format.h>

#include <limits>
#include <unistd.h>

namespace duplex::server {

namespace {

std::unexpected<std::string> failure(std::string_view what, const std::error_code& error) {
  return std::unexpected(fmt::format("{}: {}", what, error.message()));
}

aof::BaseForm base_form(const Config& config) {
  return config.aof_use_rdb_preamble ? aof::BaseForm::rdb : aof::BaseForm::records;
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
  job->snapshot->cut(lock, parts_.scripts);
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
  aof::ManifestEntry base = aof::Manifest().next_base(config->appendfilename, base_form(*config));
  if (auto written = write_base(base, [] {}); !written) return std::unexpected(written.error());
  return base;
}

Persistence::Outcome Persistence::run_rewrite(bool is_log_wanted) {
  if (aof::Log* log = parts_.log.load(std::memory_order_acquire)) return rewrite_log(*log);
  return is_log_wanted ? begin_log() : write_base_without_log();
}

Persistence::Outcome Persistence::rewrite_log(aof::Log& log) {
  // An increment that an earlier attempt prepared or began is as good as a new one.
  const auto increment = log.prepare_increment();
  if (!increment) return std::unexpected(increment.error());
  aof::ManifestEntry base = log.next_base(base_form(*parts_.config.snapshot()));
  if (auto written = write_base(base, [&] { log.switch_increment(); }); !written) return written;
  if (auto installed = log.install_base(std::move(base), *increment); !installed) return installed;
  log.delete_history();
  return {};
}

// appendonly was turned on: until its first base is complete, the log is nobody's.
Persistence::Outcome Persistence::begin_log() {
  const auto log = parts_.log_switch.begin();
  if (!log) return std::unexpected(log.error());
  Outcome outcome = write_first_base_of(**log);
  {
    const std::lock_guard lock(mutex_);
    log_is_unconfirmed_ = false;
  }
  if (outcome) {
    store::ShardLock lock(parts_.keyspace);
    lock.wait_for_all();
    parts_.log_switch.confirm();
    lock.unlock();
    (*log)->begin_waits();
    base::sync_point("log-confirmed");
    (*log)->delete_history();
    base::log(base::LogLevel::notice, "The append only file is on");
  } else {
    (void)end_log();
  }
  return outcome;
}

Persistence::Outcome Persistence::write_first_base_of(aof::Log& log) {
  const std::uint64_t increment = log.manifest().increments.back().sequence;
  aof::ManifestEntry base = log.next_base(base_form(*parts_.config.snapshot()));
  const auto publish = [this] {
    parts_.log_switch.publish();
    const std::lock_guard lock(mutex_);
    log_is_unconfirmed_ = true;
  };
  Outcome written = write_base(base, publish);
  if (const aof::LogState state = log.failed())
    return failure("cannot write the log", {state.error_number, std::generic_category()});
  if (!written) return written;
  base::sync_point("log-before-installed");
  return log.install_base(std::move(base), increment);
}

// BGREWRITEAOF without a log: there is a base then, for whoever turns it on at a start.
Persistence::Outcome Persistence::write_base_without_log() {
  const auto config = parts_.config.snapshot();
  if (auto possible = parts_.log_switch.probe(); !possible) return possible;
  auto manifest = aof::find_manifest(recovery_options(*config));
  if (!manifest) return std::unexpected(manifest.error());
  aof::ManifestEntry base = manifest->next_base(config->appendfilename, base_form(*config));
  if (auto written = write_base(base, [] {}); !written) return written;
  manifest->install_base(std::move(base), std::numeric_limits<std::uint64_t>::max());
  return aof::write_manifest(recovery_options(*config), std::move(*manifest));
}

// False if what was sent to it could not be written completely.
bool Persistence::end_log() {
  store::ShardLock lock(parts_.keyspace);
  lock.wait_for_all();
  parts_.log_switch.cut_off();
  lock.unlock();
  return parts_.log_switch.close();
}

std::unique_ptr<SnapshotOutput> Persistence::make_base_output(SnapshotFile& file,
                                                              const Config& config,
                                                              aof::BaseForm form) {
  if (form == aof::BaseForm::records)
    return std::make_unique<CommandOutput>(file, config.aof_timestamp_enabled);
  return std::make_unique<RdbOutput>(
      file,
      RdbOutput::Options{.compress = config.rdbcompression,
                         .checksum = config.rdbchecksum,
                         .version = static_cast<int>(config.rdb_compat_version),
                         .is_log_base = true,
                         .policy = config.maxmemory_policy,
                         .lfu_decay_minutes = config.lfu_decay_time});
}

// The file is complete and has its name then; nothing refers to it yet.
Persistence::Outcome Persistence::write_base(const aof::ManifestEntry& base,
                                             const std::function<void()>& at_cut) {
  const auto config = parts_.config.snapshot();
  const aof::BaseForm form =
      base.name.ends_with(".aof") ? aof::BaseForm::records : aof::BaseForm::rdb;
  const std::string directory = config->dir + "/" + config->appenddirname;
  auto file = SnapshotFile::create(fmt::format("{}/temp-rewriteaof-bg-{}.aof", directory, getpid()),
                                   config->aof_rewrite_incremental_fsync);
  if (!file) return failure("cannot create a file", file.error());
  const auto output = make_base_output(*file, *config, form);
  Snapshot snapshot(parts_.keyspace, *output, parts_.reclaimer, parts_.snapshot_is_behind);
  {
    store::ShardLock lock(parts_.keyspace);
    lock.wait_for_all();
    snapshot.cut(lock, parts_.scripts);
    at_cut();
    lock.unlock();
  }
  base::sync_point("increment-switched");
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = &snapshot;
    if (stopping_ || rewrite_is_cancelled_) snapshot.cancel();
  }
  if (aof::Log* log = parts_.log.load(std::memory_order_acquire)) log->flush();
  log_progressed();
  const std::error_code written = snapshot.run();
  {
    const std::lock_guard lock(mutex_);
    snapshot_ = nullptr;
  }
  if (written) return failure("cannot write", written);
  base_bytes_ = file->bytes();
  if (const auto error = file->rename_to(directory + "/" + base.name))
    return failure("cannot rename", error);
  return {};
}

}  // namespace duplex::server
