// A file's bytes, mapped for reading.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace duplex::base {

// Maps a whole file, for one pass from front to back. The file must not shrink meanwhile. A disk
// that cannot be read ends the process: for what is read at start, before anything is served.
//
// Thread: any; the bytes do not change.
class MappedFile {
 public:
  static std::expected<MappedFile, std::error_code> open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  // Valid as long as this object.
  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}

  std::string_view bytes_;
};

// From now on a mapped page that cannot be read ends the process with a sentence on stderr and exit
// status 1, instead of SIGBUS. Changes the process's signal handling: to be called once, early.
void exit_on_unreadable_pages();

}  // namespace duplex::base
