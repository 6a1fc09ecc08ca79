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
class CheckingHost : public JsonProtocol::Host, public realtime::CommandRunner {
 public:
  void subscribe(std::string_view) override {}
  std::expected<realtime::LiveValue, std::string> watch(std::string_view) override {
    return realtime::LiveValue{.json = R"("type":"none","value":null)", .version = 3};
  }
  void begin_at(std::string_view, const realtime::Position&) override {}
  void unsubscribe(std::string_view) override {}
  void enter(std::string_view, realtime::Present, bool) override {}
  void leave(std::string_view, std::string_view, bool) override {}
  void hear_presence(std::string_view) override {}
  void ignore_presence(std::string_view) override {}
  std::string expect_answer(std::uint32_t) override { return "token"; }
  void forget_answer(std::string_view) override {}
  void introduce(const realtime::Identity&, std::string_view) override {}
  realtime::CommandRunner& commands() override { return *this; }
  // A history with one publication, and nobody present.
  realtime::Ran run(std::span<const std::string_view> words, realtime::RunAs) override {
    if (words[0] == "RT.HISTORY" || words[0] == "RT.STREAM")
      return {.reply =
                  "%3\r\n+epoch\r\n+5\r\n+offset\r\n:7\r\n+publications\r\n*1\r\n*4\r\n:7\r\n"
                  "$1\r\n1\r\n$2\r\n{}\r\n_\r\n"};
    if (words[0] == "RT.PRESENCE") return {.reply = "*1\r\n*4\r\n+c\r\n+u\r\n+{}\r\n:1\r\n"};
    if (words[0] == "RT.PRESENCE.STATS")
      return {.reply = "%2\r\n+clients\r\n:1\r\n+users\r\n:1\r\n"};
    if (words[0] == "XADD") {
      DUPLEX_ASSERT(realtime::is_json(words[13]));
      return {.reply = "$3\r\n1-1\r\n"};
    }
    DUPLEX_ASSERT(words[0] == "RT.PUBLISH");
    DUPLEX_ASSERT(realtime::is_json(words[2]));
    DUPLEX_ASSERT(words[2].find('\n') == std::string_view::npos);
    return {.reply = "+OK\r\n"};
  }
};

const realtime::Authority& authority() {
  static const realtime::Authority open(
      realtime::ChannelRules({{.pattern = "*",
                               .subscribe = realtime::Access::anonymous,
                               .publish = realtime::Access::anonymous,
                               .history = 10,
                               .presence = true,
                               .join_leave = true}}));
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
  JsonProtocolOptions options;
  options.rpc_routes = {{"*", "calls"}};
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
