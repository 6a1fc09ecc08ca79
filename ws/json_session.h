// A client of the native realtime protocol.
#pragma once

#include "base/shared_bytes.h"
#include "pubsub/loop_subscribers.h"
#include "realtime/command_runner.h"
#include "realtime/control.h"
#include "ws/connection_limits.h"
#include "ws/json_protocol.h"
#include "ws/ws_session.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// Joins the protocol to the loop's subscribers.
//
// What is published while a message of the client is being answered is kept back, so that the reply
// to a subscribe comes before the channel's first push.
//
// A client that reads slowly has its pushes wait here, and the policies of their channels decide
// when they are too many.
//
// Heartbeat: a ping every interval, and a pong must have come within its time-out. Thread: confined
// to its loop.
class JsonSession final : public WsSession,
                          public pubsub::Subscriber,
                          private JsonProtocol::Host,
                          private realtime::CommandRunner {
 public:
  // `deflates`: compression was agreed on.
  JsonSession(HttpFront& front, bool deflates);

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  // A push that is kept back.
  struct Kept {
    base::SharedBytes frame;
    std::string channel;
    std::uint64_t epoch = 0;
    std::uint64_t offset = 0;
    std::uint64_t log_position = 0;
    bool of_new_channel = false;  // the one that is being subscribed
  };

  void on_started() override;
  void on_message(bool is_text, std::string_view payload) override;
  void on_input_done() override;
  void on_open_deadline(DeadlineKind kind) override;
  void on_ended() override;

  void subscribe(std::string_view channel) override;
  void begin_at(std::string_view channel, const realtime::Position& position) override;
  std::expected<realtime::LiveValue, std::string> watch(std::string_view channel) override;
  void unsubscribe(std::string_view channel) override;
  void enter(std::string_view channel, realtime::Present who, bool announces) override;
  void leave(std::string_view channel, std::string_view client, bool announces) override;
  void hear_presence(std::string_view channel) override;
  void ignore_presence(std::string_view channel) override;
  std::string expect_answer(std::uint32_t id) override;
  void forget_answer(std::string_view token) override;
  void introduce(const realtime::Identity& identity, std::string_view client) override;
  realtime::CommandRunner& commands() override { return *this; }
  realtime::Ran run(std::span<const std::string_view> arguments, realtime::RunAs as) override;

  void drop_new_channel();
  void send_kept();
  // --- what the server tells its own sessions (json_session_control.cc) ---
  void forget_orders();
  void take_order(std::string_view payload);
  void obey(const realtime::Control& control);
  void obey_all();
  void end_subscription(const std::string& channel, unsigned code, std::string_view reason);
  void end_expired();
  void push(Kept push);
  // --- clients that read slowly (json_session_slow.cc) ---
  void send_push(base::SharedBytes frame);
  // Whether a push can be sent at once.
  bool has_room() const;
  void let_wait(Kept push);
  // Gives up what waits, by the policy of the channel, until the limit is kept.
  void make_room(const std::string& channel);
  void begin_resync(const std::string& channel);
  void finish_resyncs();
  std::size_t queued_bytes() const { return output_bytes() + waiting_bytes_; }
  void on_output_drained() override;

  JsonProtocol protocol_;
  bool is_introduced_ = false;  // its user is known
  ConnectionLimits::Place user_place_;
  bool connected_ = false;  // the heartbeat has begun
  bool answering_ = false;
  bool ended_ = false;
  std::string new_channel_;  // subscribed, but its reply is not made yet
  std::vector<Kept> kept_;
  std::deque<Kept> waiting_;  // because the socket has enough to send
  std::size_t waiting_bytes_ = 0;
  std::vector<std::string> resyncs_;  // channels whose subscription is about to end
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::vector<std::string> control_channels_;
  std::vector<realtime::Control> orders_;       // that have come and are not obeyed yet
  std::set<std::string, std::less<>> awaited_;  // tokens of answers
};

}  // namespace duplex::ws
