// Messages to the protocol, publishes to the hub, pushes to the socket.
#include "ws/json_session.h"

#include "ws/counters.h"
#include "ws/http_front.h"
#include "ws/json_push.h"

#include <memory>

namespace duplex::ws {

namespace {

constexpr std::string_view ping = "{}";

}  // namespace

JsonSession::JsonSession(HttpFront& front)
    : WsSession(front, front.options().frames),
      protocol_(front.options().json, front.authority(), *this, HttpFront::now_ms()) {}

void JsonSession::on_started() {
  set_deadline(DeadlineKind::connect);
}

void JsonSession::on_message(bool is_text, std::string_view payload) {
  if (!is_text) return close(disconnects::bad_request);
  std::string replies;
  const auto disconnect = protocol_.receive(payload, HttpFront::now_ms(), replies);
  if (!replies.empty()) send(Opcode::text, replies);
  if (disconnect) return close(*disconnect);
  if (!connected_ && protocol_.is_connected()) {
    connected_ = true;
    set_deadline(DeadlineKind::ping);
  }
}

// What was published goes out after the replies, so that the reply to a subscribe comes first.
void JsonSession::on_input_done() {
  front().subscribers().deliver_waiting();
}

void JsonSession::on_open_deadline(DeadlineKind kind) {
  switch (kind) {
    case DeadlineKind::connect:
      return close(disconnects::stale);
    case DeadlineKind::ping:
      protocol_.take_pong();
      send(Opcode::text, ping);
      return set_deadline(DeadlineKind::pong);
    case DeadlineKind::pong:
      if (!protocol_.take_pong()) return close(disconnects::no_pong);
      return set_deadline(DeadlineKind::ping);
    case DeadlineKind::close:
      return;
  }
}

void JsonSession::on_ended() {
  for (const std::string& channel : protocol_.channels())
    unsubscribe(channel);
}

void JsonSession::deliver(const pubsub::Message& message, std::string_view) {
  if (!is_open()) return;
  Counters::add(front().counters().pushes);
  send_shared(shared_push(message));
}

void JsonSession::subscribe(std::string_view channel) {
  front().subscribers().subscribe(*this, pubsub::Kind::channel, channel);
  Counters::add(front().counters().subscriptions);
}

void JsonSession::unsubscribe(std::string_view channel) {
  front().subscribers().unsubscribe(*this, pubsub::Kind::channel, channel);
  Counters::subtract(front().counters().subscriptions);
}

void JsonSession::publish(std::string_view channel, std::string_view payload) {
  Counters::add(front().counters().publishes);
  front().subscribers().publish(
      std::make_shared<const pubsub::Message>(pubsub::Kind::channel, channel, payload));
}

}  // namespace duplex::ws
