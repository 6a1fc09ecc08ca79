// Files and directories over POSIX calls.
#include "aof/file.h"

#include "base/assert.h"
#include "base/sync_point.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace duplex::aof {

namespace {

std::error_code last_error() {
  return {errno, std::system_category()};
}

// Calls until no signal interrupts; a negative result is an error.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR)
    result = call();
  return result;
}

constexpr mode_t file_mode = 0644;
constexpr mode_t directory_mode = 0755;

int open_at(int directory, const std::string& name, int flags) {
  return uninterrupted(
      [&] { return ::openat(directory, name.c_str(), flags | O_CLOEXEC, file_mode); });
}

}  // namespace

PosixFile::~PosixFile() {
  ::close(descriptor_);
}

std::error_code PosixFile::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] {
      return ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    });
    if (written < 0) return last_error();
    // A disk that takes nothing gives an error; were it not so, this loop would not end.
    if (written == 0) return std::make_error_code(std::errc::no_space_on_device);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

std::expected<std::size_t, std::error_code> PosixFile::read(std::uint64_t offset,
                                                            std::span<char> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = uninterrupted([&] {
      return ::pread(
          descriptor_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    });
    if (got < 0) return std::unexpected(last_error());
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::error_code PosixFile::truncate(std::uint64_t size) {
  const int result =
      uninterrupted([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); });
  return result < 0 ? last_error() : std::error_code();
}

std::error_code PosixFile::sync() {
  return uninterrupted([&] { return ::fdatasync(descriptor_); }) < 0 ? last_error()
                                                                     : std::error_code();
}

std::expected<std::uint64_t, std::error_code> PosixFile::size() {
  struct stat status{};
  if (::fstat(descriptor_, &status) < 0) return std::unexpected(last_error());
  return static_cast<std::uint64_t>(status.st_size);
}

std::expected<std::unique_ptr<PosixDirectory>, std::error_code> PosixDirectory::open(
    std::string path) {
  if (::mkdir(path.c_str(), directory_mode) < 0 && errno != EEXIST)
    return std::unexpected(last_error());
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return std::unexpected(last_error());
  return std::unique_ptr<PosixDirectory>(new PosixDirectory(descriptor));
}

PosixDirectory::~PosixDirectory() {
  ::close(descriptor_);
}

std::expected<std::unique_ptr<File>, std::error_code> PosixDirectory::open(std::string_view name) {
  const int descriptor = open_at(descriptor_, std::string(name), O_RDWR | O_CREAT);
  if (descriptor < 0) return std::unexpected(last_error());
  return std::make_unique<PosixFile>(descriptor);
}

std::error_code PosixDirectory::replace(std::string_view name, std::string_view content) {
  const std::string target(name);
  const std::string temporary = "temp-" + target;
  const int descriptor = open_at(descriptor_, temporary, O_WRONLY | O_CREAT | O_TRUNC);
  if (descriptor < 0) return last_error();
  {
    PosixFile file(descriptor);
    std::error_code error = file.write(0, content);
    if (!error) error = file.sync();
    if (error) {
      ::unlinkat(descriptor_, temporary.c_str(), 0);
      return error;
    }
  }
  base::sync_point("file-before-replaced");
  if (::renameat(descriptor_, temporary.c_str(), descriptor_, target.c_str()) < 0)
    return last_error();
  base::sync_point("file-replaced");
  return sync();
}

std::error_code PosixDirectory::remove(std::string_view name) {
  if (::unlinkat(descriptor_, std::string(name).c_str(), 0) < 0 && errno != ENOENT)
    return last_error();
  return {};
}

std::error_code PosixDirectory::sync() {
  return uninterrupted([&] { return ::fsync(descriptor_); }) < 0 ? last_error() : std::error_code();
}

}  // namespace duplex::aof
