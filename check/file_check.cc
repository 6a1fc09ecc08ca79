// RDB file, log file, manifest or folder?
#include "check/file_check.h"

#include "aof/manifest.h"
#include "base/mapped_file.h"
#include "check/log_summary.h"
#include "check/rdb_summary.h"
#include "check/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace duplex::check {

namespace {

namespace fs = std::filesystem;
using base::MappedFile;

constexpr std::string_view manifest_suffix = ".manifest";

bool begins_with_rdb(std::string_view bytes) {
  return bytes.starts_with("REDIS") || bytes.starts_with("VALKEY");
}

std::unexpected<std::string> impossible(const fs::path& path, std::string_view why) {
  return std::unexpected(fmt::format("{}: {}", path.string(), why));
}

// An RDB file, records, or both.
void check_contents(LogFile file, aof::StreamPosition& position, Report& report) {
  if (begins_with_rdb(file.bytes)) {
    const auto rdb_bytes = check_rdb(file.path, file.bytes, report);
    if (!rdb_bytes) return;
    if (*rdb_bytes == file.bytes.size()) return;
    file.records_begin = *rdb_bytes;
  }
  check_records(file, position, report);
}

// What the name says about itself: "appendonly.aof.3.incr.aof" is increment 3.
struct NameParts {
  std::uint64_t sequence = 0;
  bool is_base = false;
};

std::optional<NameParts> parts_of(std::string_view name) {
  constexpr std::string_view base_ends[] = {".base.rdb", ".base.aof"};
  constexpr std::string_view increment_end = ".incr.aof";
  NameParts parts;
  std::string_view rest = name;
  for (const std::string_view end : base_ends)
    if (name.ends_with(end)) {
      parts.is_base = true;
      rest.remove_suffix(end.size());
    }
  if (name.ends_with(increment_end)) rest.remove_suffix(increment_end.size());
  if (rest.size() == name.size()) return std::nullopt;
  const std::string_view digits = rest.substr(rest.rfind('.') + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parts.sequence);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return parts;
}

// The manifest has no checksum: what it says twice must agree.
void check_entry(const std::string& path,
                 const aof::ManifestEntry& entry,
                 std::optional<bool> is_base,
                 Report& report) {
  const auto parts = parts_of(entry.name);
  if (!parts) return;
  if (parts->sequence != entry.sequence || parts->is_base != is_base.value_or(parts->is_base))
    report.complain(
        fmt::format("{}: the line of {} contradicts the name of the file (sequence "
                    "number {})",
                    path,
                    printable(entry.name),
                    entry.sequence));
}

// Files of the log that no line names: a crash leaves some, but so does a damaged manifest.
void note_unnamed(const fs::path& folder, const aof::Manifest& manifest, Report& report) {
  std::set<std::string> named;
  if (manifest.base) named.insert(manifest.base->name);
  for (const auto& entries : {manifest.increments, manifest.history})
    for (const aof::ManifestEntry& entry : entries)
      named.insert(entry.name);
  std::error_code ignored;
  for (const fs::directory_entry& found : fs::directory_iterator(folder, ignored)) {
    const std::string name = found.path().filename().string();
    if (parts_of(name) && !named.contains(name))
      report.say(fmt::format("  {} is not named by the manifest and not used", printable(name)));
  }
}

class ManifestCheck {
 public:
  ManifestCheck(fs::path path, std::optional<std::int64_t> until_s, Report& report)
      : path_(std::move(path)), until_s_(until_s), report_(report) {}

  void run(std::string_view text) {
    const auto manifest = aof::Manifest::parse(text);
    if (!manifest) return report_.complain(fmt::format("{}: {}", path_.string(), manifest.error()));
    report_.say(fmt::format("{}: {}, {}, {} waiting for deletion",
                            path_.string(),
                            manifest->base ? "1 base" : "no base",
                            counted(manifest->increments.size(), "increment"),
                            manifest->history.size()));
    if (manifest->base) open(*manifest->base, true);
    std::uint64_t before = 0;
    for (const aof::ManifestEntry& entry : manifest->increments) {
      open(entry, false);
      if (before != 0 && entry.sequence != before + 1)
        report_.complain(fmt::format("{}: increment {} is missing between {} and {}",
                                     path_.string(),
                                     before + 1,
                                     before,
                                     entry.sequence));
      before = entry.sequence;
    }
    for (const aof::ManifestEntry& entry : manifest->history)
      check_history(*manifest, entry);
    note_unnamed(path_.parent_path(), *manifest, report_);
    check_files();
  }

 private:
  // What waits for deletion is older than what is used.
  void check_history(const aof::Manifest& manifest, const aof::ManifestEntry& entry) {
    check_entry(path_.string(), entry, std::nullopt, report_);
    report_.say(
        fmt::format("  {} waits for deletion: what it holds is not used", printable(entry.name)));
    const auto parts = parts_of(entry.name);
    if (!parts || parts->is_base || manifest.increments.empty()) return;
    if (entry.sequence >= manifest.increments.front().sequence)
      report_.complain(fmt::format("{}: {} waits for deletion, but older increments do not",
                                   path_.string(),
                                   printable(entry.name)));
  }

  struct OpenFile {
    std::string path;
    MappedFile file;
  };

  void open(const aof::ManifestEntry& entry, bool is_base) {
    check_entry(path_.string(), entry, is_base, report_);
    const fs::path path = path_.parent_path() / entry.name;
    auto file = MappedFile::open(path.string());
    if (!file)
      return report_.complain(fmt::format("{}: {}", path.string(), file.error().message()));
    files_.push_back({path.string(), std::move(*file)});
  }

  // Increments are prepared before they are needed, so the last ones may be empty.
  bool is_last_with_content(std::size_t index) const {
    return std::all_of(files_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                       files_.end(),
                       [](const OpenFile& later) { return later.file.bytes().empty(); });
  }

  void check_files() {
    aof::StreamPosition position;
    const bool is_complete = report_.problems().empty();
    for (std::size_t i = 0; i < files_.size(); ++i)
      check_contents({.path = files_[i].path,
                      .bytes = files_[i].file.bytes(),
                      .may_be_torn = is_complete && is_last_with_content(i),
                      .until_s = until_s_},
                     position,
                     report_);
  }

  const fs::path path_;
  const std::optional<std::int64_t> until_s_;
  Report& report_;
  std::vector<OpenFile> files_;
};

// The manifests of a folder, sorted.
std::vector<fs::path> manifests_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().ends_with(manifest_suffix) &&
        !entry.path().filename().string().starts_with("temp"))
      found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

// Whether a manifest beside the file names it: then other files may follow it.
bool is_part_of_log(const fs::path& path) {
  for (const fs::path& manifest_path : manifests_in(path.parent_path())) {
    const auto file = MappedFile::open(manifest_path.string());
    if (!file) continue;
    const auto manifest = aof::Manifest::parse(file->bytes());
    if (!manifest) return true;
    if (manifest->base && manifest->base->name == path.filename()) return true;
    for (const aof::ManifestEntry& entry : manifest->increments)
      if (entry.name == path.filename()) return true;
  }
  return false;
}

std::expected<Report, std::string> check_folder(const fs::path& path,
                                                std::optional<std::int64_t> until_s) {
  const std::vector<fs::path> manifests = manifests_in(path);
  if (manifests.empty()) return impossible(path, "the folder holds no manifest");
  Report report;
  if (manifests.size() > 1)
    return impossible(path, "the folder holds several manifests: name one of them");
  const auto file = MappedFile::open(manifests.front().string());
  if (!file) return impossible(manifests.front(), file.error().message());
  ManifestCheck(manifests.front(), until_s, report).run(file->bytes());
  return report;
}

}  // namespace

std::expected<Report, std::string> check_path(const std::string& name,
                                              std::optional<std::int64_t> until_s) {
  fs::path path(name);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return impossible(path, "there is no such file");
  if (fs::is_directory(status)) return check_folder(path, until_s);
  if (!path.has_parent_path()) path = "." / path;
  const auto file = MappedFile::open(name);
  if (!file) return impossible(path, file.error().message());
  Report report;
  if (name.ends_with(manifest_suffix)) {
    ManifestCheck(path, until_s, report).run(file->bytes());
    return report;
  }
  if (file->bytes().empty()) {
    report.say(name + ": an empty file: a log without records");
    return report;
  }
  aof::StreamPosition position;
  check_contents({.path = name,
                  .bytes = file->bytes(),
                  .may_be_torn = !is_part_of_log(path),
                  .until_s = until_s},
                 position,
                 report);
  return report;
}

}  // namespace duplex::check
