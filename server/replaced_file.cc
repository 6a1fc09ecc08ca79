// Files that are replaced as a whole: after a crash there is the old content or the new one.
#include "server/replaced_file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace duplex::server {

namespace {

// A file descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Makes the change of a name in `folder` durable; some file systems cannot, which is no failure.
void sync_folder(const std::string& folder) {
  const OpenFile open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open.fd() >= 0) ::fsync(open.fd());
}

}  // namespace

Outcome replace_file(const std::string& path, std::string_view content, ::mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const OpenFile file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.fd() < 0) return std::unexpected(std::strerror(errno));
  if (::fchmod(file.fd(), mode) != 0 || !write_all(file.fd(), content) || ::fsync(file.fd()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary.c_str());
    return std::unexpected(std::strerror(reason));
  }
  sync_folder(std::filesystem::path(path).parent_path().string());
  return {};
}

}  // namespace duplex::server
