// The native realtime protocol: Centrifugo's JSON protocol 2, without I/O.
//
// Normative description: docs/ws_protocol.md.
#pragma once

#include "realtime/authority.h"
#include "realtime/command_runner.h"
#include "realtime/history_page.h"
#include "realtime/live_value.h"
#include "realtime/presence.h"
#include "realtime/token_bucket.h"
#include "ws/disconnect.h"
#include "ws/json_command.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// `rt-rpc <method> <stream>`: calls of these methods go to a stream.
struct RpcRoute {
  std::string methods;  // a glob
  std::string stream;   // a key
};

struct JsonProtocolOptions {
  std::string version = "Duplex";  // what the connect reply says
  std::size_t channels_max = 128;
  std::size_t channel_bytes_max = 255;
  std::uint64_t page_max = 300;             // publications in one reply
  std::size_t live_bytes_max = 512 * 1024;  // of a live key's value when it is subscribed
  std::uint32_t ping_s = 25;
  std::int64_t expired_close_ms = 25'000;  // how long a client may take to renew its token
  std::vector<RpcRoute> rpc_routes;        // the first that matches decides
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
    // Begins to receive what is published; the channel is not subscribed yet. What comes before
    // begin_at() is kept back.
    virtual void subscribe(std::string_view channel) = 0;
    // Whatever was kept back and stands at this position or before it is dropped: the client has it
    // or is told in the reply.
    virtual void begin_at(std::string_view channel, const realtime::Position& position) = 0;
    // The same for a channel `key:<name>`: begins to receive the changes, and returns the value.
    // The error is the command's that reads it: then the channel is not subscribed.
    virtual std::expected<realtime::LiveValue, std::string> watch(std::string_view channel) = 0;
    // The channel is subscribed.
    virtual void unsubscribe(std::string_view channel) = 0;
    // Who is there: to be told to the others if the channel `announces` it.
    virtual void enter(std::string_view channel, realtime::Present who, bool announces) = 0;
    virtual void leave(std::string_view channel, std::string_view client, bool announces) = 0;
    // Begins and ends to receive who comes and goes.
    virtual void hear_presence(std::string_view channel) = 0;
    virtual void ignore_presence(std::string_view channel) = 0;
    // A program will answer the command with this id; returns the token that it answers with.
    virtual std::string expect_answer(std::uint32_t id) = 0;
    // It will not.
    virtual void forget_answer(std::string_view token) = 0;
    // The client says who it is: what the server tells such a client comes from here on. What was
    // said before does not count any more.
    virtual void introduce(const realtime::Identity& identity, std::string_view client) = 0;
    // Runs commands; what is sent afterwards waits for their place in the log.
    virtual realtime::CommandRunner& commands() = 0;
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

  // Why the connection has to end although the client does nothing: its token has run out. To be
  // asked now and then.
  std::optional<Disconnect> check_token(std::int64_t wall_ms) const;
  // Subscribes the client on the server's behalf; returns what it is told, a push, or nothing.
  std::string add_channel(std::string_view name);
  // Ends a subscription from the server's side; it may have ended before. Returns whether it had
  // not.
  bool drop_channel(std::string_view name);
  // The channels whose tokens have run out.
  std::vector<std::string> expired_channels(std::int64_t wall_ms) const;
  // Whether the client came with a token that was issued at this time or before.
  bool is_as_old_as(std::int64_t issued_s) const {
    return identity_ != nullptr && identity_->has_token && identity_->issued_s <= issued_s;
  }
  // The connection has ended: gives up all channels.
  void end();

  bool is_connected() const { return identity_ != nullptr; }
  // Has the client answered the last ping since this was asked last?
  bool take_pong();
  // A channel that the client is subscribed to.
  struct Channel {
    std::string name;
    bool is_present = false;      // the client is in the table of those who are there
    bool announces = false;       // and that is told to others
    bool hears_presence = false;  // it is told about others
    std::int64_t expires_s = 0;   // of its token, in seconds since 1970; 0: never
  };
  const std::vector<Channel>& channels() const { return channels_; }

 private:
  std::optional<Disconnect> receive_command(std::string_view text,
                                            std::int64_t now_ms,
                                            std::string& replies);
  std::optional<Disconnect> run(const JsonCommand& command,
                                std::int64_t now_ms,
                                std::string& replies);
  std::optional<Disconnect> refuse_for_rate(const JsonCommand& command,
                                            std::int64_t now_ms,
                                            std::string& replies);

  // --- the connection (json_protocol_connection.cc) ---
  std::optional<Disconnect> connect(const JsonCommand& command, std::string& replies);
  using Authenticated = std::expected<std::shared_ptr<const realtime::Identity>, realtime::Denial>;
  Authenticated authenticate(std::string_view token, std::int64_t wall_ms);
  std::optional<Disconnect> refresh(const JsonCommand& command, std::string& replies);
  // Subscribes to the channels of the token; returns `"subs":{…}` or nothing.
  std::string begin_own_channels(const JsonCommand& command);
  std::optional<Disconnect> rpc(const JsonCommand& command, std::string& replies);
  void send(const JsonCommand& command);
  // Adds a call to the stream of its method; the error is the command's. `token`: empty if nobody
  // waits for an answer.
  std::optional<std::string> add_call(const RpcRoute& route,
                                      std::string_view method,
                                      std::string_view data,
                                      std::string_view token);
  const RpcRoute* find_route(std::string_view method) const;

  // --- channels (json_protocol_channels.cc) ---
  std::optional<Disconnect> subscribe(const JsonCommand& command, std::string& replies);
  std::optional<Disconnect> unsubscribe(const JsonCommand& command, std::string& replies);
  std::optional<Disconnect> sub_refresh(const JsonCommand& command, std::string& replies);
  // Whether the client may subscribe, by a rule, its own token, or the channel's.
  std::expected<realtime::ChannelGrant, realtime::Denial> admit(std::string_view channel,
                                                                std::string_view token) const;
  std::optional<Disconnect> publish(const JsonCommand& command,
                                    std::int64_t now_ms,
                                    std::string& replies);
  std::optional<Disconnect> history(const JsonCommand& command, std::string& replies);
  // Subscribes, and returns the members of the reply without its braces. In case of an error the
  // channel is not subscribed.
  using Begun = std::expected<std::string, realtime::Denial>;
  Begun begin_channel(std::string_view name,
                      const std::optional<realtime::Position>& since,
                      bool wants_presence,
                      std::int64_t expires_s = 0);
  Begun begin_history(std::string_view name, const std::optional<realtime::Position>& since);
  Begun begin_key(std::string_view name);
  void end_channel(const Channel& channel);
  const Channel* find_channel(std::string_view name) const;
  std::optional<Disconnect> presence(const JsonCommand& command, std::string& replies);
  std::optional<Disconnect> presence_stats(const JsonCommand& command, std::string& replies);
  realtime::Present present() const;
  // What RT.PUBLISH says about who publishes: JSON, or empty.
  std::string publisher_info() const;

  const JsonProtocolOptions& options_;
  const realtime::Authority& authority_;
  Host& host_;
  std::string client_id_;
  std::vector<Channel> channels_;
  realtime::TokenBucket commands_;
  realtime::TokenBucket publishes_;
  realtime::TokenBucket refusals_;
  std::shared_ptr<const realtime::Identity> identity_;  // null before connect
  bool pong_ = false;
};

}  // namespace duplex::ws
