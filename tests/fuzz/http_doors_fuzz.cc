// Fuzz target: what the doors for programs read. The first byte chooses which reader.
#include "base/assert.h"
#include "base/utf8.h"
#include "realtime/json_text.h"
#include "resp/reply_value.h"
#include "ws/query.h"
#include "ws/rest_reply.h"
#include "ws/rest_request.h"
#include "ws/sse_event.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using duplex::ws::HttpRequest;
using duplex::ws::RestEncoding;

void read_address(std::string_view target) {
  const std::size_t line_end = target.find('\n');
  const HttpRequest request{.method = "POST",
                            .target = target.substr(0, line_end),
                            .fields = {},
                            .body = line_end == std::string_view::npos
                                        ? std::string_view()
                                        : target.substr(line_end + 1)};
  if (request.path().empty()) return;
  if (const auto command = rest_command_of(request)) DUPLEX_ASSERT(!command->empty());
  duplex::ws::query_values(request, "ch");
}

void read_bodies(std::string_view body) {
  if (const auto command = duplex::ws::rest_command_of(body)) DUPLEX_ASSERT(!command->empty());
  if (const auto commands = duplex::ws::rest_commands_of(body))
    for (const auto& command : *commands)
      DUPLEX_ASSERT(!command.empty());
}

// Positions that were read are written, and read again, as the same.
void read_positions(std::string_view text) {
  const auto positions = duplex::ws::decode_positions(text);
  if (!positions) return;
  for (const auto& position : *positions)
    if (position.epoch == 0) return;  // not written
  DUPLEX_ASSERT(duplex::ws::decode_positions(encode_positions(*positions)) == positions);
}

// Whatever a command answers, the body is JSON.
void write_reply(std::string_view bytes) {
  const auto value = duplex::resp::read_reply(bytes);
  if (!value) return;
  for (const RestEncoding encoding : {RestEncoding::plain, RestEncoding::base64})
    DUPLEX_ASSERT(duplex::realtime::is_json(rest_reply(*value, encoding)));
}

void write_event(std::string_view payload) {
  const std::string event = duplex::ws::encode_event("a", payload);
  DUPLEX_ASSERT(duplex::base::is_utf8(event));
  DUPLEX_ASSERT(event.starts_with("event: a\ndata: ") && event.ends_with('\n'));
  DUPLEX_ASSERT(event.find("\n\n") == std::string::npos && event.find('\r') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      read_address(input);
      break;
    case 1:
      read_bodies(input);
      break;
    case 2:
      read_positions(input);
      break;
    case 3:
      write_reply(input);
      break;
    default:
      write_event(input);
  }
  return 0;
}
