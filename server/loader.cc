// Takes in what an earlier process left on disk: the log, or a snapshot.
#include "server/loader.h"

#include "base/clock.h"
#include "base/diagnostics.h"
#include "base/mapped_file.h"
#include "rdb/reader.h"
#include "server/bulk_insert.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

namespace duplex::server {

namespace {

constexpr int records_per_look = 16384;
constexpr std::int64_t report_interval_us = 2'000'000;

// About what a record takes in the file.
std::uint64_t record_bytes(std::span<const std::string_view> args) {
  constexpr std::uint64_t framing_bytes = 6;
  std::uint64_t bytes = framing_bytes;
  for (const std::string_view arg : args)
    bytes += arg.size() + framing_bytes;
  return bytes;
}

}  // namespace

Loader::Loader(commands::Services& services,
               commands::Executor& executor,
               script::Engine& scripts,
               LoadProgress& progress)
    : services_(services),
      executor_(executor),
      scripts_(scripts),
      progress_(progress),
      started_ms_(base::wall_ms()) {
  client_.authenticated.store(true, std::memory_order_relaxed);
  executor_.set_now(0);
}

std::expected<aof::Recovered, std::string> Loader::load_log(const aof::RecoveryOptions& options) {
  std::uint64_t total = 0;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(
           options.directory + "/" + options.append_directory, ignored))
    if (file.is_regular_file(ignored)) total += file.file_size(ignored);
  progress_.total_bytes.store(total, std::memory_order_relaxed);
  const aof::RecoverySink sink{
      .on_rdb = [this](std::string_view path,
                       std::string_view bytes) { return load_rdb(path, bytes); },
      .on_record =
          [this](std::span<const std::string_view> args) -> std::expected<void, std::string> {
        if (auto error = executor_.replay(client_, args)) return std::unexpected(std::move(*error));
        note_progress(record_bytes(args));
        return {};
      }};
  return aof::recover(options, sink);
}

void Loader::note_progress(std::uint64_t bytes) {
  const std::uint64_t loaded =
      progress_.loaded_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  // Looking at the clock for each record would cost more than some records.
  if (++records_since_look_ < records_per_look) return;
  records_since_look_ = 0;
  const std::int64_t now_us = base::steady_us();
  if (now_us - reported_us_ < report_interval_us) return;
  reported_us_ = now_us;
  base::log(base::LogLevel::notice,
            "Loading: {} of {} MB",
            loaded >> 20,
            progress_.total_bytes.load(std::memory_order_relaxed) >> 20);
}

std::expected<void, std::string> Loader::load_snapshot(const std::string& path) {
  auto file = base::MappedFile::open(path);
  if (!file) return std::unexpected(fmt::format("Can't read {}: {}", path, file.error().message()));
  progress_.total_bytes.store(file->bytes().size(), std::memory_order_relaxed);
  auto loaded = load_rdb(path, file->bytes());
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return {};
}

std::expected<std::size_t, std::string> Loader::load_rdb(std::string_view path,
                                                         std::string_view bytes) {
  rdb::Reader reader(bytes);
  BulkInsert inserted(services_.keyspace);
  const commands::EvictionPolicy policy =
      services_.settings.eviction_policy.load(std::memory_order_relaxed);
  int database = 0;
  std::uint64_t keys = 0;
  while (true) {
    const std::size_t before = reader.offset();
    auto record = reader.next();
    if (!record) return std::unexpected(fmt::format("{}: {}", path, record.error()));
    if (const auto* end = std::get_if<rdb::End>(&*record)) {
      if (const auto repeated = inserted.finish())
        return std::unexpected(fmt::format("{}: the key '{}' stands there twice", path, *repeated));
      base::log(base::LogLevel::notice, "Loaded {} keys from {}", keys, path);
      return end->bytes;
    }
    if (const auto* function = std::get_if<rdb::Function>(&*record)) {
      if (const auto taken = scripts_.restore(function->code); !taken)
        return std::unexpected(
            fmt::format("{}: holds a library of functions: {}", path, taken.error()));
    }
    if (const auto* selected = std::get_if<rdb::Database>(&*record)) {
      if (selected->number >= static_cast<std::uint64_t>(services_.keyspace.databases()))
        return std::unexpected(fmt::format(
            "{}: has keys in database {}, but 'databases' allows fewer", path, selected->number));
      database = static_cast<int>(selected->number);
    }
    if (auto* entry = std::get_if<rdb::Entry>(&*record)) {
      entry->entry->touch(commands::access_mark::of_known(
          policy,
          {.idle_s = entry->usage.idle_s, .frequency = entry->usage.frequency},
          started_ms_));
      inserted.add(database, std::move(entry->entry));
      ++keys;
      progress_.loaded_keys.store(keys, std::memory_order_relaxed);
      note_progress(reader.offset() - before);
    }
  }
}

}  // namespace duplex::server
