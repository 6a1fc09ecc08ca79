// Loading the files of a log in order, cutting what a crash left at the end.
#include "aof/recovery.h"

#include "aof/annotation.h"
#include "aof/file.h"
#include "aof/reader.h"
#include "base/diagnostics.h"
#include "base/mapped_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <vector>

namespace duplex::aof {

namespace {

namespace fs = std::filesystem;
using Text = std::string;
using Outcome = std::expected<void, Text>;
using base::LogLevel;

constexpr std::string_view rdb_magic = "REDIS";
constexpr std::string_view valkey_rdb_magic = "VALKEY";

bool begins_with_rdb(std::string_view bytes) {
  return bytes.starts_with(rdb_magic) || bytes.starts_with(valkey_rdb_magic);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

std::unexpected<Text> failure(const fs::path& path, std::string_view what) {
  return std::unexpected(fmt::format("{}: {}", path.string(), what));
}

struct Paths {
  explicit Paths(const RecoveryOptions& options)
      : old_file(fs::path(options.directory) / options.file_name),
        directory(fs::path(options.directory) / options.append_directory),
        manifest(directory / manifest_name(options.file_name)) {}

  fs::path old_file;  // of redis-server before version 7
  fs::path directory;
  fs::path manifest;
};

std::expected<Manifest, Text> read_manifest(const Paths& paths) {
  const auto file = base::MappedFile::open(paths.manifest.string());
  if (!file) return failure(paths.manifest, file.error().message());
  auto manifest = Manifest::parse(file->bytes());
  if (!manifest) return failure(paths.manifest, manifest.error());
  return manifest;
}

// The manifest is written before the move: a crash between leaves a manifest whose only file is
// still at the old place, which the next start moves.
Outcome adopt_old_file(const RecoveryOptions& options, const Paths& paths) {
  auto directory = PosixDirectory::open(paths.directory.string());
  if (!directory) return failure(paths.directory, directory.error().message());
  Manifest manifest;
  manifest.base = ManifestEntry{options.file_name, 1};
  if (const auto error = (*directory)->replace(manifest_name(options.file_name), manifest.format()))
    return failure(paths.manifest, error.message());
  std::error_code error;
  fs::rename(paths.old_file, paths.directory / options.file_name, error);
  if (!error) error = (*directory)->sync();
  if (error) return failure(paths.old_file, error.message());
  base::log(LogLevel::notice,
            "Moved the old append only file {} into {}",
            paths.old_file.string(),
            paths.directory.string());
  return {};
}

bool is_half_adopted(const Manifest& manifest, const RecoveryOptions& options, const Paths& paths) {
  return manifest.base && manifest.base->name == options.file_name && manifest.increments.empty() &&
         manifest.history.empty() && !is_there(paths.directory / options.file_name) &&
         is_there(paths.old_file);
}

// Loads the files of one manifest.
// Thread: confined to recover().
class Loader {
 public:
  Loader(const RecoveryOptions& options, const Paths& paths, const RecoverySink& sink)
      : options_(options), paths_(paths), sink_(sink) {}

  std::expected<Recovered, Text> load(Manifest manifest) {
    recovered_.manifest = std::move(manifest);
    if (Outcome opened = open_files(); !opened) return std::unexpected(opened.error());
    for (std::size_t i = 0; i < files_.size(); ++i)
      if (Outcome loaded = load_file(i); !loaded) return std::unexpected(loaded.error());
    return std::move(recovered_);
  }

 private:
  struct LogFile {
    fs::path path;
    bool is_base;
    base::MappedFile file;
  };

  Outcome open_files() {
    const Manifest& manifest = recovered_.manifest;
    if (manifest.base) {
      if (Outcome opened = open_file(*manifest.base, true); !opened) return opened;
    }
    for (const ManifestEntry& entry : manifest.increments)
      if (Outcome opened = open_file(entry, false); !opened) return opened;
    return {};
  }

  Outcome open_file(const ManifestEntry& entry, bool is_base) {
    fs::path path = paths_.directory / entry.name;
    auto file = base::MappedFile::open(path.string());
    if (!file) return failure(path, file.error().message());
    files_.push_back({std::move(path), is_base, std::move(*file)});
    return {};
  }

  Outcome load_file(std::size_t index) {
    const LogFile& file = files_[index];
    std::string_view bytes = file.file.bytes();
    std::size_t rdb_bytes = 0;
    if (file.is_base && begins_with_rdb(bytes)) {
      const auto taken = sink_.on_rdb(file.path.string(), bytes);
      if (!taken) return failure(file.path, taken.error());
      rdb_bytes = *taken;
    }
    Reader reader(bytes.substr(rdb_bytes), recovered_.position);
    ReadStatus status = reader.next();
    for (; status == ReadStatus::record; status = reader.next()) {
      if (Outcome applied = sink_.on_record(reader.args()); !applied)
        return failure(file.path,
                       fmt::format("the record at offset {} cannot be applied: {}",
                                   rdb_bytes + reader.record_offset(),
                                   applied.error()));
      ++recovered_.records;
    }
    recovered_.position = reader.position();
    const std::size_t trouble = rdb_bytes + reader.trouble_offset();
    if (status == ReadStatus::torn)
      return cut(index, rdb_bytes + reader.good_end(), trouble, reader);
    if (status == ReadStatus::damaged)
      return failure(
          file.path,
          fmt::format("damaged at offset {}: {}. Good data follows or nothing vouches "
                      "for the file, so nothing is cut automatically: restore a copy, or "
                      "make a backup and use redis-check-aof --fix",
                      trouble,
                      reader.reason()));
    base::log(LogLevel::notice, "DB loaded from {}", file.path.string());
    return cut_padding(file, rdb_bytes);
  }

  // What goes on at the end of the file shall not stand behind padding.
  static Outcome cut_padding(const LogFile& file, std::size_t records_begin) {
    const std::string_view bytes = file.file.bytes();
    const std::size_t size = records_begin + without_padding(bytes.substr(records_begin)).size();
    if (size == bytes.size()) return {};
    std::error_code error;
    fs::resize_file(file.path, size, error);
    if (error) return failure(file.path, "cannot be truncated: " + error.message());
    return {};
  }

  // Increments are prepared before they are needed, so the last ones may be empty.
  bool is_last_with_content(std::size_t index) const {
    for (std::size_t later = index + 1; later < files_.size(); ++later)
      if (!files_[later].file.bytes().empty()) return false;
    return true;
  }

  Outcome cut(std::size_t index, std::size_t good_end, std::size_t trouble, const Reader& reader) {
    const LogFile& file = files_[index];
    const std::uint64_t dropped = without_padding(file.file.bytes()).size() - good_end;
    const std::string what =
        fmt::format("torn at offset {}: {}; {} bytes behind offset {} are unusable",
                    trouble,
                    reader.reason(),
                    dropped,
                    good_end);
    if (!is_last_with_content(index))
      return failure(file.path, what + ". It is not the last file, so it is not cut");
    if (!options_.load_truncated)
      return failure(file.path, what + ". Set aof-load-truncated to yes to cut them off");
    std::error_code error;
    fs::resize_file(file.path, good_end, error);
    if (error) return failure(file.path, "cannot be truncated: " + error.message());
    base::log(LogLevel::warning, "{}: {}. They were cut off", file.path.string(), what);
    recovered_.dropped_bytes = dropped;
    recovered_.dropped_from = file.path.string();
    recovered_.dropped_reason = reader.reason();
    return {};
  }

  const RecoveryOptions& options_;
  const Paths& paths_;
  const RecoverySink& sink_;
  std::vector<LogFile> files_;
  Recovered recovered_;
};

}  // namespace

bool has_log(const RecoveryOptions& options) {
  const Paths paths(options);
  return is_there(paths.manifest) || is_there(paths.old_file);
}

std::expected<Manifest, std::string> find_manifest(const RecoveryOptions& options) {
  const Paths paths(options);
  if (!is_there(paths.manifest)) return Manifest{};
  return read_manifest(paths);
}

std::expected<void, std::string> write_manifest(const RecoveryOptions& options, Manifest manifest) {
  const Paths paths(options);
  auto directory = PosixDirectory::open(paths.directory.string());
  if (!directory) return failure(paths.directory, directory.error().message());
  const auto replace = [&]() -> Outcome {
    if (const auto error =
            (*directory)->replace(manifest_name(options.file_name), manifest.format()))
      return failure(paths.manifest, error.message());
    return {};
  };
  if (Outcome replaced = replace(); !replaced || manifest.history.empty()) return replaced;
  std::erase_if(manifest.history,
                [&](const ManifestEntry& entry) { return !(*directory)->remove(entry.name); });
  return replace();
}

std::expected<Recovered, std::string> recover(const RecoveryOptions& options,
                                              const RecoverySink& sink) {
  const Paths paths(options);
  if (!has_log(options)) return Recovered{};
  bool must_adopt = !is_there(paths.manifest);
  if (!must_adopt) {
    const auto manifest = read_manifest(paths);
    if (!manifest) return std::unexpected(manifest.error());
    must_adopt = is_half_adopted(*manifest, options, paths);
  }
  if (must_adopt) {
    if (Outcome adopted = adopt_old_file(options, paths); !adopted)
      return std::unexpected(adopted.error());
  }
  auto manifest = read_manifest(paths);
  if (!manifest) return std::unexpected(manifest.error());
  return Loader(options, paths, sink).load(std::move(*manifest));
}

}  // namespace duplex::aof
