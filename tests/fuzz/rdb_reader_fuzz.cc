// Fuzz target: RDB files, and the same bytes as a DUMP payload with a right checksum.
#include "rdb/crc64.h"
#include "rdb/dump.h"
#include "rdb/reader.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

using namespace duplex;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  rdb::Reader reader(bytes);
  for (auto record = reader.next(); record; record = reader.next())
    if (std::holds_alternative<rdb::End>(*record)) break;

  std::string payload(bytes);
  payload.append("\x0a\x00", 2);
  const std::uint64_t checksum = rdb::crc64(0, payload);
  payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  (void)rdb::read_dump(payload, "key", store::no_expiry);
  return 0;
}
