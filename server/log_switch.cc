// The log that is written now, if any: how it is turned on and off while the server runs.
#include "server/log_switch.h"

#include "base/diagnostics.h"
#include "base/random.h"
#include "base/sync_point.h"
#include "server/config_binding.h"
#include "server/process.h"

#include <fmt/format.h>

#include <utility>

namespace duplex::server {

aof::RecoveryOptions recovery_options(const Config& config) {
  return {.directory = config.dir,
          .append_directory = config.appenddirname,
          .file_name = config.appendfilename,
          .load_truncated = config.aof_load_truncated};
}

std::string random_hex_id() {
  unsigned char bytes[20];
  base::secure_random(bytes, sizeof bytes);
  std::string id;
  for (const unsigned char byte : bytes)
    id += fmt::format("{:02x}", byte);
  return id;
}

namespace {

std::expected<std::unique_ptr<aof::PosixDirectory>, std::string> open_directory(
    const Config& config) {
  auto directory = aof::PosixDirectory::open(config.dir + "/" + config.appenddirname);
  if (!directory)
    return std::unexpected(fmt::format("Can't open or create append-only dir {}: {}",
                                       config.appenddirname,
                                       directory.error().message()));
  return std::move(*directory);
}

}  // namespace

std::expected<void, std::string> LogSwitch::open(aof::Manifest manifest,
                                                 aof::StreamPosition position) {
  if (position.store_id.empty()) position.store_id = random_hex_id();
  if (auto opened = open(std::move(manifest), position, false); !opened) return opened;
  parts_.current.store(open_->log.get());
  parts_.sink.send(LogSink::Target::log);
  return {};
}

std::expected<void, std::string> LogSwitch::open(aof::Manifest manifest,
                                                 const aof::StreamPosition& position,
                                                 bool is_unlisted) {
  const auto config = parts_.config.snapshot();
  auto directory = open_directory(*config);
  if (!directory) return std::unexpected(directory.error());
  auto opened = std::make_shared<Open>();
  opened->directory = std::move(*directory);
  const CpuList cpus(config->bio_cpulist, "bio_cpulist");
  auto log = aof::Log::open(*opened->directory,
                            {.file_name = config->appendfilename,
                             .fsync = fsync_policy(config->appendfsync),
                             .is_unlisted = is_unlisted,
                             .writes_times = config->aof_timestamp_enabled,
                             .on_progress = [this](aof::Lsn, aof::Lsn) { parts_.on_progress(); }},
                            std::move(manifest),
                            position);
  if (!log) return std::unexpected(log.error());
  opened->log = std::move(*log);
  open_ = std::move(opened);
  return {};
}

std::expected<void, std::string> LogSwitch::probe() const {
  const auto config = parts_.config.snapshot();
  if (auto directory = open_directory(*config); !directory)
    return std::unexpected(directory.error());
  if (auto manifest = aof::find_manifest(recovery_options(*config)); !manifest)
    return std::unexpected(manifest.error());
  return {};
}

std::expected<aof::Log*, std::string> LogSwitch::begin() {
  auto manifest = aof::find_manifest(recovery_options(*parts_.config.snapshot()));
  if (!manifest) return std::unexpected(manifest.error());
  // The stream of an earlier log has a gap: this is another one.
  const aof::StreamPosition position{.store_id = random_hex_id(), .epoch = 0, .offset = offset_};
  if (auto opened = open(std::move(*manifest), position, true); !opened)
    return std::unexpected(opened.error());
  return open_->log.get();
}

void LogSwitch::publish() {
  parts_.current.store(open_->log.get());
  parts_.sink.send(LogSink::Target::unconfirmed_log);
}

void LogSwitch::confirm() {
  parts_.sink.send(LogSink::Target::log);
}

bool LogSwitch::close() {
  if (open_ == nullptr) return true;
  base::sync_point("log-before-closed");
  const bool is_written = open_->log->close();
  base::sync_point("log-closed");
  offset_ = open_->log->appended();
  parts_.current.store(nullptr);
  // Replies that waited for the log have nothing to wait for any more.
  parts_.on_progress();
  parts_.keep_for_a_pass(std::exchange(open_, nullptr));
  return is_written;
}

}  // namespace duplex::server
