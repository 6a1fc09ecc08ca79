// Fuzz target: messages of the native realtime protocol, and payloads on their way to browsers.
#include "base/assert.h"
#include "realtime/json_text.h"
#include "ws/json_protocol.h"
#include "ws/json_push.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace duplex::ws;
namespace base = duplex::base;
namespace realtime = duplex::realtime;

// What is published must be JSON in one line; every receiver relies on it.
class CheckingHost : public JsonProtocol::Host {
 public:
  void subscribe(std::string_view) override {}
  void unsubscribe(std::string_view) override {}
  void publish(std::string_view, std::string_view payload) override {
    DUPLEX_ASSERT(realtime::is_json(payload));
    DUPLEX_ASSERT(payload.find('\n') == std::string_view::npos);
  }
};

const realtime::Authority& authority() {
  constexpr auto anyone = realtime::Access::anonymous;
  static const realtime::Authority open(realtime::ChannelRules({{"*", anyone, anyone}}));
  return open;
}

void check_lines(std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    DUPLEX_ASSERT(realtime::is_json(lines.substr(0, end)));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckingHost host;
  const JsonProtocolOptions options;
  JsonProtocol protocol(options, authority(), host, 0);
  std::string replies;
  protocol.receive(R"({"id":1,"connect":{}})", 0, replies);
  protocol.receive(text, 0, replies);
  check_lines(replies);

  const duplex::pubsub::Message message(duplex::pubsub::Kind::channel, "channel", text);
  const std::string frame = encode_push(message);
  const std::size_t header = frame[1] == 126 ? 4 : frame[1] == 127 ? 10 : 2;
  const std::string_view push = std::string_view(frame).substr(header);
  // One level of nesting more than the payload's may be too deep for the checker.
  if (text.size() < realtime::json_depth_max - 4) DUPLEX_ASSERT(realtime::is_json(push));
  DUPLEX_ASSERT(push.find('\n') == std::string_view::npos);
  return 0;
}
