// Where the executors' write units go: into the log, if there is one.
#include "server/log_sink.h"

#include "aof/log_unit.h"

#include <fmt/format.h>

#include <cstring>

namespace duplex::server {

namespace {

constexpr std::string_view refused_unsaved =
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
    "disk. Commands that may modify the data set are disabled, because this instance is "
    "configured to report errors during writes if RDB snapshotting fails "
    "(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB "
    "error.";

}  // namespace

std::uint64_t LogSink::append(std::span<const commands::Effect> unit, std::uint64_t changes) {
  changes_.fetch_add(changes, std::memory_order_relaxed);
  const Target target = target_.load(std::memory_order_acquire);
  if (target == Target::nowhere) return 0;
  aof::Log* log = log_.load(std::memory_order_acquire);
  static thread_local aof::LogUnit encoded;
  for (const commands::Effect& effect : unit)
    encoded.add(effect.database, effect.args);
  const aof::Lsn position = log->append(encoded);
  encoded.clear();
  return target == Target::log ? position : 0;
}

std::string_view LogSink::refusal() const {
  if (unsaved_.load(std::memory_order_relaxed)) [[unlikely]]
    return refused_unsaved;
  if (target_.load(std::memory_order_acquire) != Target::log) return {};
  const aof::Log* log = log_.load(std::memory_order_acquire);
  if (log == nullptr) return {};
  const aof::LogState state = log->failed();
  if (!state) [[likely]]
    return {};
  static thread_local std::string text;
  text = fmt::format("MISCONF Errors writing to the AOF file: {}",
                     std::strerror(state.error_number));  // NOLINT(concurrency-mt-unsafe)
  return text;
}

}  // namespace duplex::server
