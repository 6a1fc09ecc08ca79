// Messages to the protocol, publishes to the hub, pushes to the socket.
#include "ws/json_session.h"

#include "base/clock.h"
#include "base/numbers.h"
#include "realtime/announcement.h"
#include "ws/counters.h"
#include "ws/http_front.h"
#include "ws/json_push.h"

#include <memory>
#include <utility>

namespace duplex::ws {

namespace {

constexpr std::string_view ping = "{}";
constexpr std::string_view key_prefix = "key:";
constexpr std::string_view stream_prefix = "stream:";

}  // namespace

JsonSession::JsonSession(HttpFront& front, bool deflates)
    : WsSession(front, front.options().frames, deflates),
      protocol_(front.options().json, front.authority(), *this, HttpFront::now_ms()) {}

void JsonSession::on_started() {
  set_deadline(DeadlineKind::connect);
}

void JsonSession::on_message(bool is_text, std::string_view payload) {
  if (!is_text) return close(disconnects::bad_request);
  std::string replies;
  answering_ = true;
  const auto disconnect = protocol_.receive(payload, HttpFront::now_ms(), replies);
  answering_ = false;
  if (!replies.empty()) send(Opcode::text, replies);
  send_kept();
  if (disconnect) return close(*disconnect);
  if (!connected_ && is_open() && protocol_.is_connected()) {
    connected_ = true;
    set_deadline(DeadlineKind::ping);
  }
}

void JsonSession::send_kept() {
  for (Kept& kept : std::exchange(kept_, {}))
    push(std::move(kept));
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
      if (const auto expired = protocol_.check_token(base::wall_ms())) return close(*expired);
      end_expired();
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
  ended_ = true;
  protocol_.end();
  for (const std::string& token : awaited_)
    front().replies().forget(token);
  forget_orders();
}

void JsonSession::deliver(const pubsub::Message& message, std::string_view) {
  if (!is_open()) return;
  if (message.kind() == pubsub::Kind::control) return take_order(message.payload());
  const pubsub::Publication& publication = message.publication();
  base::SharedBytes frame = shared_push(message, deflates());
  if (!answering_ && has_room()) {
    wait_for_log(publication.log_position);
    return send_push(std::move(frame));
  }
  Kept kept{.frame = std::move(frame),
            .channel = std::string(message.channel()),
            .epoch = publication.epoch,
            .offset = publication.offset,
            .log_position = publication.log_position,
            .of_new_channel = message.channel() == new_channel_};
  if (answering_)
    kept_.push_back(std::move(kept));
  else
    let_wait(std::move(kept));
}

void JsonSession::push(Kept push) {
  if (!is_open()) return;
  if (!has_room()) return let_wait(std::move(push));
  wait_for_log(push.log_position);
  send_push(std::move(push.frame));
}

void JsonSession::send_push(base::SharedBytes frame) {
  Counters::add(front().counters().pushes);
  send_shared(std::move(frame));
}

void JsonSession::subscribe(std::string_view channel) {
  if (channel.starts_with(stream_prefix))
    front().live_keys().watch(channel.substr(stream_prefix.size()));
  front().subscribers().subscribe(*this, pubsub::Kind::channel, channel);
  Counters::add(front().counters().subscriptions);
  entry().count_channel(true);
  new_channel_ = channel;
}

std::expected<realtime::LiveValue, std::string> JsonSession::watch(std::string_view channel) {
  new_channel_ = channel;
  auto value =
      front().live_board().add(*this, channel.substr(key_prefix.size()), realtime::RunAs::browser);
  if (value) {
    Counters::add(front().counters().subscriptions);
    entry().count_channel(true);
    begin_at(channel, {.epoch = {}, .offset = value->version});
  } else {
    drop_new_channel();
  }
  return value;
}

// Epochs ascend: what belongs to an older one was published before, too.
void JsonSession::begin_at(std::string_view, const realtime::Position& position) {
  const std::uint64_t epoch = base::parse_uint64(position.epoch).value_or(0);
  std::erase_if(kept_, [&](const Kept& kept) {
    return kept.of_new_channel && kept.offset != 0 &&
           (kept.epoch < epoch || (kept.epoch == epoch && kept.offset <= position.offset));
  });
  for (Kept& kept : kept_)
    kept.of_new_channel = false;
  new_channel_.clear();
}

void JsonSession::unsubscribe(std::string_view channel) {
  Counters::subtract(front().counters().subscriptions);
  entry().count_channel(false);
  if (channel.starts_with(key_prefix))
    return front().live_board().remove(*this, channel.substr(key_prefix.size()));
  if (channel.starts_with(stream_prefix))
    front().live_keys().unwatch(channel.substr(stream_prefix.size()));
  front().subscribers().unsubscribe(*this, pubsub::Kind::channel, channel);
  if (channel == new_channel_) drop_new_channel();
}

void JsonSession::drop_new_channel() {
  std::erase_if(kept_, [](const Kept& kept) { return kept.of_new_channel; });
  new_channel_.clear();
}

void JsonSession::enter(std::string_view channel, realtime::Present who, bool announces) {
  who.since_ms = base::wall_ms();
  const std::string text = who.json();
  if (front().presence().enter(channel, std::move(who)) && announces)
    realtime::announce(front().subscribers(), channel, "join", text);
}

void JsonSession::leave(std::string_view channel, std::string_view client, bool announces) {
  auto who = front().presence().leave(channel, client);
  if (!who || !announces) return;
  if (ended_)
    front().say_farewell(channel, std::move(*who));
  else
    realtime::announce(front().subscribers(), channel, "leave", who->json());
}

void JsonSession::hear_presence(std::string_view channel) {
  front().subscribers().subscribe(*this, pubsub::Kind::presence, channel);
}

void JsonSession::ignore_presence(std::string_view channel) {
  front().subscribers().unsubscribe(*this, pubsub::Kind::presence, channel);
}

std::string JsonSession::expect_answer(std::uint32_t id) {
  // The token is known only when the answer can come already.
  const auto token = std::make_shared<std::string>();
  *token = front().replies().expect(
      HttpFront::now_ms(), [this, id, token](const realtime::Answer& answer) {
        awaited_.erase(*token);
        std::string reply;
        if (answer)
          append_json_reply(reply, id, "rpc", R"({"data":)" + *answer + '}');
        else
          append_json_error(
              reply, id, answer.error().code, answer.error().message, answer.error().is_overdue);
        send(Opcode::text, reply);
      });
  awaited_.insert(*token);
  return *token;
}

void JsonSession::forget_answer(std::string_view token) {
  front().replies().forget(token);
  awaited_.erase(awaited_.find(token));
}

realtime::Ran JsonSession::run(std::span<const std::string_view> arguments, realtime::RunAs as) {
  realtime::Ran ran = front().commands().run(arguments, as);
  wait_for_log(ran.log_position);
  return ran;
}

}  // namespace duplex::ws
