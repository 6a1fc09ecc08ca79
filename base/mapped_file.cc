// Mapping files over mmap.
#include "base/mapped_file.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace duplex::base {

namespace {

// Only what a signal handler may do.
void exit_with_sentence(int) {
  constexpr std::string_view sentence =
      "duplex-server cannot start: reading a file failed: the disk has errors, or the file was "
      "truncated meanwhile\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
  ::_exit(EXIT_FAILURE);
}

}  // namespace

std::expected<MappedFile, std::error_code> MappedFile::open(const std::string& path) {
  const auto failed = [] {
    return std::unexpected(std::error_code(errno, std::system_category()));
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed();
  struct stat status{};
  if (::fstat(descriptor, &status) < 0) {
    auto error = failed();
    ::close(descriptor);
    return error;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {
    ::close(descriptor);
    return MappedFile({});
  }
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  auto error = failed();
  ::close(descriptor);
  if (address == MAP_FAILED) return error;
  ::madvise(address, size, MADV_SEQUENTIAL);
  return MappedFile({static_cast<const char*>(address), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

void exit_on_unreadable_pages() {
  struct sigaction action{};
  action.sa_handler = exit_with_sentence;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace duplex::base
