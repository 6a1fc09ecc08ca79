// The native realtime protocol: Centrifugo's JSON protocol 2, a subset, without I/O.
//
// Normative description: docs/ws_protocol.md.
#pragma once

#include "realtime/authority.h"
#include "realtime/token_bucket.h"
#include "ws/disconnect.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

struct JsonProtocolOptions {
  std::string version = "Duplex";  // what the connect reply says
  std::size_t channels_max = 128;
  std::size_t channel_bytes_max = 255;
  std::uint32_t ping_s = 25;
  realtime::Rate commands{50, 256};
  realtime::Rate publishes{20, 40};
  // Commands refused for their rate: more than the burst of these end the connection.
  realtime::Rate refusals{1, 10};
};

// One client's state: connected or not, and its channels.
//
// States: before connect (only `connect` is allowed), connected, and ended once receive() has
// returned a Disconnect. Thread: confined to its session.
class JsonProtocol {
 public:
  // What the protocol asks of the session.
  class Host {
   public:
    virtual ~Host() = default;
    // The channel is not subscribed yet.
    virtual void subscribe(std::string_view channel) = 0;
    // The channel is subscribed.
    virtual void unsubscribe(std::string_view channel) = 0;
    virtual void publish(std::string_view channel, std::string_view payload) = 0;
  };

  // Lifetime: options, authority and host outlive this object.
  JsonProtocol(const JsonProtocolOptions& options,
               const realtime::Authority& authority,
               Host& host,
               std::int64_t now_ms)
      : options_(options),
        authority_(authority),
        host_(host),
        commands_(options.commands, now_ms),
        publishes_(options.publishes, now_ms),
        refusals_(options.refusals, now_ms) {}

  // Takes one message, a batch of commands separated by line breaks, and appends the replies to
  // `replies` in the same form. Returns why the connection has to end, or nothing.
  std::optional<Disconnect> receive(std::string_view message,
                                    std::int64_t now_ms,
                                    std::string& replies);

  bool is_connected() const { return identity_ != nullptr; }
  // Has the client answered the last ping since this was asked last?
  bool take_pong();
  const std::vector<std::string>& channels() const { return channels_; }

 private:
  struct Command;

  std::optional<Disconnect> receive_command(std::string_view text,
                                            std::int64_t now_ms,
                                            std::string& replies);
  std::optional<Disconnect> run(const Command& command, std::int64_t now_ms, std::string& replies);
  std::optional<Disconnect> connect(const Command& command, std::string& replies);
  std::optional<Disconnect> subscribe(const Command& command, std::string& replies);
  std::optional<Disconnect> unsubscribe(const Command& command, std::string& replies);
  std::optional<Disconnect> publish(const Command& command,
                                    std::int64_t now_ms,
                                    std::string& replies);
  std::optional<Disconnect> refuse_for_rate(const Command& command,
                                            std::int64_t now_ms,
                                            std::string& replies);

  const JsonProtocolOptions& options_;
  const realtime::Authority& authority_;
  Host& host_;
  std::vector<std::string> channels_;
  realtime::TokenBucket commands_;
  realtime::TokenBucket publishes_;
  realtime::TokenBucket refusals_;
  std::shared_ptr<const realtime::Identity> identity_;  // null before connect
  bool pong_ = false;
};

}  // namespace duplex::ws
