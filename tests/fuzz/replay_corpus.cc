// Runs a fuzz target over every file of its corpus, so that ctest covers it with any compiler.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// Exactly as large as the file, so that a sanitizer sees the first byte behind it.
void run(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  const auto bytes = std::make_unique<std::uint8_t[]>(text.size());
  std::copy(text.begin(), text.end(), bytes.get());
  LLVMFuzzerTestOneInput(bytes.get(), text.size());
}

}  // namespace

int main(int count, char** args) {
  if (count != 2) {
    std::fprintf(stderr, "usage: %s <corpus folder>\n", args[0]);
    return 2;
  }
  if (!fs::is_directory(args[1])) {
    std::fprintf(stderr, "%s is not a folder\n", args[1]);
    return 1;
  }
  const std::vector<fs::path> files = files_below(args[1]);
  if (files.empty()) {
    std::fprintf(stderr, "%s has no files\n", args[1]);
    return 1;
  }
  for (const fs::path& file : files)
    run(file);
  std::printf("%zu inputs\n", files.size());
  return 0;
}
