// Fuzz target: the payload of RESTORE. What is read must survive being dumped and read again.
#include "base/buffer.h"
#include "rdb/crc64.h"
#include "rdb/dump.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace duplex;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  (void)rdb::read_dump(bytes, "key", store::no_expiry);

  // The same as a body whose version and checksum are right; in these, types mean different things.
  for (const int version : {10, 12, 80}) {
    std::string payload(bytes);
    payload += static_cast<char>(version);
    payload += '\0';
    const std::uint64_t checksum = rdb::crc64(0, payload);
    payload.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
    const auto entry = rdb::read_dump(payload, "key", store::no_expiry);
    if (!entry) continue;
    base::Buffer dumped;
    rdb::append_dump(dumped, **entry, true);
    const auto again = rdb::read_dump(dumped.view(), "key", store::no_expiry);
    if (!again || (*again)->type() != (*entry)->type()) std::abort();
  }
  return 0;
}
