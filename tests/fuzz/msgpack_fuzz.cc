// Fuzz target: MessagePack from anywhere, to JSON and back.
#include "base/assert.h"
#include "realtime/json_text.h"
#include "realtime/msgpack.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

namespace realtime = duplex::realtime;

}  // namespace

// What is read is JSON; written, read and written again, it stays what it is. Not the JSON itself:
// of two members with one name the last one is kept, and a whole number loses its exponent.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto read = realtime::json_from_msgpack(bytes, {.depth = realtime::json_depth_max - 1});
  if (!read) return 0;
  DUPLEX_ASSERT(realtime::is_json(read->json));
  const std::string written = realtime::msgpack_from_json(read->json, read->attachments);
  const auto again = realtime::json_from_msgpack(written);
  DUPLEX_ASSERT(again);
  DUPLEX_ASSERT(realtime::msgpack_from_json(again->json, again->attachments) == written);
  return 0;
}
