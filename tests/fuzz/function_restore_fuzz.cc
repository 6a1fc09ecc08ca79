// Fuzz target: the payload of FUNCTION RESTORE. What is read must be dumped as what is read again.
#include "base/assert.h"
#include "rdb/crc64.h"
#include "script/engine.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace duplex;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)script::read_libraries(bytes);

  // The same as a body whose version and checksum are right.
  std::string payload(bytes);
  payload.append("\x0a\x00", 2);
  const std::uint64_t checksum = rdb::crc64(0, payload);
  payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  const auto libraries = script::read_libraries(payload);
  if (!libraries) return 0;
  const std::string dumped = script::dump_libraries(*libraries);
  const auto again = script::read_libraries(dumped);
  DUPLEX_ASSERT(again && again->size() == libraries->size());
  DUPLEX_ASSERT(script::dump_libraries(*again) == dumped);
  return 0;
}
