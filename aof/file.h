// The seam between the log and the disk: a file, a directory, and their POSIX forms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace duplex::aof {

// One file of the log. Offsets are the caller's business; nothing here remembers a position.
//
// Thread: sync() may run beside any other call; the others exclude each other.
class File {
 public:
  virtual ~File() = default;

  // Writes at `offset`, in one system call when the system takes all bytes at once. After an error
  // any prefix of the bytes may have been written.
  virtual std::error_code write(std::uint64_t offset, std::string_view bytes) = 0;
  // Returns how many bytes were read: fewer than asked for only at the end of the file.
  virtual std::expected<std::size_t, std::error_code> read(std::uint64_t offset,
                                                           std::span<char> out) = 0;
  virtual std::error_code truncate(std::uint64_t size) = 0;
  // Returns when what was written before the call is on the disk. After an error nothing is known
  // about the bytes since the last success; a second call may succeed without having saved them.
  virtual std::error_code sync() = 0;
  virtual std::expected<std::uint64_t, std::error_code> size() = 0;
};

// The directory of the log's files. Names are bare file names.
class Directory {
 public:
  virtual ~Directory() = default;

  // Opens for reading and writing; creates the file when it does not exist.
  virtual std::expected<std::unique_ptr<File>, std::error_code> open(std::string_view name) = 0;
  // Puts a file of this content in the place of `name`: after a crash there is either the old or
  // the new content, and after a return without error the new one.
  virtual std::error_code replace(std::string_view name, std::string_view content) = 0;
  // A missing file is not an error.
  virtual std::error_code remove(std::string_view name) = 0;
  // Returns when creations and removals before the call are on the disk.
  virtual std::error_code sync() = 0;
};

class PosixFile : public File {
 public:
  explicit PosixFile(int descriptor) : descriptor_(descriptor) {}
  ~PosixFile() override;
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  std::error_code write(std::uint64_t offset, std::string_view bytes) override;
  std::expected<std::size_t, std::error_code> read(std::uint64_t offset,
                                                   std::span<char> out) override;
  std::error_code truncate(std::uint64_t size) override;
  std::error_code sync() override;
  std::expected<std::uint64_t, std::error_code> size() override;

 private:
  const int descriptor_;
};

class PosixDirectory : public Directory {
 public:
  // Creates the directory when it does not exist (its parent must).
  static std::expected<std::unique_ptr<PosixDirectory>, std::error_code> open(std::string path);
  ~PosixDirectory() override;
  PosixDirectory(const PosixDirectory&) = delete;
  PosixDirectory& operator=(const PosixDirectory&) = delete;

  std::expected<std::unique_ptr<File>, std::error_code> open(std::string_view name) override;
  std::error_code replace(std::string_view name, std::string_view content) override;
  std::error_code remove(std::string_view name) override;
  std::error_code sync() override;

 private:
  explicit PosixDirectory(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

}  // namespace duplex::aof
