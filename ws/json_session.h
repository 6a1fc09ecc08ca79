// A client of the native realtime protocol.
#pragma once

#include "pubsub/loop_subscribers.h"
#include "ws/json_protocol.h"
#include "ws/ws_session.h"

#include <string>
#include <string_view>

namespace duplex::ws {

// Joins the protocol to the loop's subscribers.
//
// Heartbeat: a ping every interval, and a pong must have come within its time-out. Thread: confined
// to its loop.
class JsonSession final : public WsSession, public pubsub::Subscriber, private JsonProtocol::Host {
 public:
  explicit JsonSession(HttpFront& front);

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  void on_started() override;
  void on_message(bool is_text, std::string_view payload) override;
  void on_input_done() override;
  void on_open_deadline(DeadlineKind kind) override;
  void on_ended() override;

  void subscribe(std::string_view channel) override;
  void unsubscribe(std::string_view channel) override;
  void publish(std::string_view channel, std::string_view payload) override;

  JsonProtocol protocol_;
  bool connected_ = false;  // the heartbeat has begun
};

}  // namespace duplex::ws
