// A file that takes its name only when it is complete and on the disk.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>

namespace duplex::server {

// Thread: confined to its owner. The destructor deletes what did not get its name.
class SnapshotFile {
 public:
  // Creates `path`, which nobody takes for data. With `syncs_often`, the disk is told of every few
  // megabytes instead of all of them at the end.
  static std::expected<SnapshotFile, std::error_code> create(std::string path, bool syncs_often);
  ~SnapshotFile();
  SnapshotFile(SnapshotFile&& other) noexcept;
  SnapshotFile& operator=(SnapshotFile&&) = delete;

  std::error_code append(std::string_view bytes);
  // Syncs the file; nothing may be appended any more.
  std::error_code finish();
  // Gives the file its name, in the place of what has it, and syncs the directory. Both names are
  // in the same directory. Requires: finish() has succeeded.
  std::error_code rename_to(const std::string& path);

  std::uint64_t bytes() const { return bytes_; }

 private:
  SnapshotFile(std::string path, int descriptor, bool syncs_often)
      : path_(std::move(path)), descriptor_(descriptor), syncs_often_(syncs_often) {}
  std::error_code write_out();

  std::string path_;  // empty when it has its name
  int descriptor_;
  bool syncs_often_;
  std::uint64_t bytes_ = 0;
  std::uint64_t started_bytes_ = 0;  // up to here the disk has been told
  std::uint64_t arrived_bytes_ = 0;
};

}  // namespace duplex::server
