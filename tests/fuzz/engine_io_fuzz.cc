// Fuzz target: polling bodies of Engine.IO.
#include "base/assert.h"
#include "ws/engine_packet.h"
#include "ws/frame_writer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What is read and written again is read as the same packets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace duplex::ws;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  std::string written;
  EnginePayloadReader reader(body);
  while (!reader.at_end()) {
    const auto packet = reader.next();
    if (!packet) return 0;
    const std::string text = static_cast<char>(packet->type) + std::string(packet->data);
    append_engine_payload(written,
                          packet->is_binary ? encode_frame(Opcode::binary, packet->data)
                                            : encode_frame(Opcode::text, text));
  }
  EnginePayloadReader first(body);
  EnginePayloadReader second(written);
  while (!first.at_end()) {
    DUPLEX_ASSERT(!second.at_end());
    const auto a = first.next();
    const auto b = second.next();
    DUPLEX_ASSERT(a && b && a->type == b->type && a->is_binary == b->is_binary);
    DUPLEX_ASSERT(a->data == b->data);
  }
  DUPLEX_ASSERT(second.at_end());
  return 0;
}
