// A file that takes its name only when it is complete and on the disk.
#include "server/snapshot_file.h"

#include "base/sync_point.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace duplex::server {

namespace {

constexpr std::uint64_t sync_step_bytes = std::uint64_t{4} << 20;
constexpr int file_mode = 0644;

std::error_code last_error() {
  return {errno, std::generic_category()};
}

std::error_code sync_directory_of(const std::string& path) {
  std::string directory = std::filesystem::path(path).parent_path().string();
  if (directory.empty()) directory = ".";
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return last_error();
  const std::error_code error = ::fsync(descriptor) == 0 ? std::error_code() : last_error();
  ::close(descriptor);
  return error;
}

}  // namespace

std::expected<SnapshotFile, std::error_code> SnapshotFile::create(std::string path,
                                                                  bool syncs_often) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode);
  if (descriptor < 0) return std::unexpected(last_error());
  return SnapshotFile(std::move(path), descriptor, syncs_often);
}

SnapshotFile::SnapshotFile(SnapshotFile&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      syncs_often_(other.syncs_often_),
      bytes_(other.bytes_),
      started_bytes_(other.started_bytes_),
      arrived_bytes_(other.arrived_bytes_) {}

SnapshotFile::~SnapshotFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::error_code SnapshotFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return last_error();
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    bytes_ += static_cast<std::uint64_t>(written);
  }
  base::sync_point("snapshot-write");
  if (!syncs_often_ || bytes_ - started_bytes_ < sync_step_bytes) return {};
  return write_out();
}

// The newest bytes are on their way to the disk while more is written, and those before them must
// have arrived. Nothing is committed: that would stop those who append to the log meanwhile.
std::error_code SnapshotFile::write_out() {
  const auto sync = [&](std::uint64_t from, std::uint64_t to, unsigned flags) {
    return ::sync_file_range(
               descriptor_, static_cast<off_t>(from), static_cast<off_t>(to - from), flags) == 0;
  };
  constexpr unsigned wait =
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (!sync(started_bytes_, bytes_, SYNC_FILE_RANGE_WRITE)) return last_error();
  // A length of 0 would mean the whole file.
  if (arrived_bytes_ != started_bytes_ && !sync(arrived_bytes_, started_bytes_, wait))
    return last_error();
  arrived_bytes_ = std::exchange(started_bytes_, bytes_);
  return {};
}

std::error_code SnapshotFile::finish() {
  if (::fsync(descriptor_) != 0) return last_error();
  base::sync_point("snapshot-synced");
  return ::close(std::exchange(descriptor_, -1)) == 0 ? std::error_code() : last_error();
}

std::error_code SnapshotFile::rename_to(const std::string& path) {
  base::sync_point("snapshot-before-rename");
  if (std::rename(path_.c_str(), path.c_str()) != 0) return last_error();
  path_.clear();
  base::sync_point("snapshot-after-rename");
  return sync_directory_of(path);
}

}  // namespace duplex::server
