// Fuzz target: what anybody may publish on the channels of Socket.IO's adapters, and add to their
// stream.
#include "base/assert.h"
#include "realtime/json_text.h"
#include "ws/socket_io_adapter_message.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace duplex::ws;

// An event that was read can be sent on, and is what it was to whoever reads it then.
void check(const std::optional<AdapterMessage>& read) {
  using Kind = AdapterMessage::Kind;
  if (!read) return;
  DUPLEX_ASSERT(read->request_id.empty() || duplex::realtime::is_json(read->request_id));
  const AdapterSender us{"u", "/"};
  if (!read->request_id.empty()) write_server_side_answer(*read, us);
  if (read->kind != Kind::broadcast && read->kind != Kind::ask) return;
  DUPLEX_ASSERT(duplex::realtime::is_json(read->event.data.json));
  const auto again = read_broadcast(write_broadcast(us, read->target, read->event), "/");
  DUPLEX_ASSERT(again && again->target == read->target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(read_broadcast(text, "/"));
  const auto request = read_request(text);
  if (request && !request->request_id.empty()) check(request);
  check(read_cluster_message(text, "/"));
  if (auto entry = read_stream_entry(text)) check(entry->message);
  return 0;
}
