// Fuzz target: manifests. What is accepted is written in a form that reads back as the same.
#include "aof/manifest.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using duplex::aof::Manifest;
  const auto manifest = Manifest::parse({reinterpret_cast<const char*>(data), size});
  if (!manifest) return 0;
  // Quoting may make a line longer than a line may be.
  if (size > duplex::aof::manifest_line_bytes_max / 4) return 0;
  const auto again = Manifest::parse(manifest->format());
  DUPLEX_ASSERT(again.has_value());
  DUPLEX_ASSERT(*again == *manifest);
  return 0;
}
