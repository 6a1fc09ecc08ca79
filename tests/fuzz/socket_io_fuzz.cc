// Fuzz target: messages of Socket.IO.
#include "base/assert.h"
#include "realtime/json_text.h"
#include "ws/socket_io_packet.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What is read is JSON of its type's shape, and is read the same when it is written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace duplex::ws;
  namespace realtime = duplex::realtime;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto packet = read_socket_io_packet(text);
  if (!packet) return 0;
  DUPLEX_ASSERT(packet->attachments <= socket_io_attachments_max);
  DUPLEX_ASSERT(packet->data.empty() || realtime::is_json(packet->data));
  if (packet->data.starts_with('[')) {
    std::string joined;
    for (const std::string_view element : json_elements(inside_of_array(packet->data))) {
      DUPLEX_ASSERT(realtime::is_json(element));
      json_string_value(element);
      joined += joined.empty() ? "[" : ",";
      joined += element;
    }
    joined += joined.empty() ? "[]" : "]";
    DUPLEX_ASSERT(realtime::is_json(joined));
  }
  std::string written;
  append_socket_io_packet(written, *packet);
  const auto again = read_socket_io_packet(std::string_view(written).substr(1));
  DUPLEX_ASSERT(again && again->type == packet->type && again->id == packet->id);
  DUPLEX_ASSERT(again->name_space == packet->name_space && again->data == packet->data);
  return 0;
}
