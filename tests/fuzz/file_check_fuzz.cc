// Fuzz target: duplex-check on a file of any content, under the names that it may have.
#include "base/assert.h"
#include "check/file_check.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

// Deleted when the program ends.
class Folder {
 public:
  Folder()
      : path_(std::filesystem::temp_directory_path() /
              ("duplex-check-fuzz-" + std::to_string(getpid()))) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

void write(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string log = folder.file("appendonly.aof.1.incr.aof");
  write(log, bytes);
  if (const auto report = duplex::check::check_path(log); report && report->is_fixable()) {
    // What the repair leaves is whole.
    write(log, bytes.substr(0, report->torn_tail()->good_end));
    const auto again = duplex::check::check_path(log);
    DUPLEX_ASSERT(!again || again->problems().empty());
    write(log, bytes);
  }
  const std::string dump = folder.file("dump.rdb");
  write(dump, bytes);
  (void)duplex::check::check_path(dump);
  const std::string manifest = folder.file("appendonly.aof.manifest");
  write(manifest, bytes);
  (void)duplex::check::check_path(manifest);
  return 0;
}
