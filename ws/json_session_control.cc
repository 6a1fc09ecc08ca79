// What programs decide about a client: RT.DISCONNECT, RT.SUBSCRIBE, RT.UNSUBSCRIBE, RT.REVOKE.
#include "base/clock.h"
#include "ws/http_front.h"
#include "ws/json_publication.h"
#include "ws/json_session.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace duplex::ws {

namespace {

using realtime::Control;

constexpr unsigned server_unsubscribe = 2000;
constexpr unsigned subscription_expired = 2501;

}  // namespace

void JsonSession::introduce(const realtime::Identity& identity, std::string_view client) {
  forget_orders();
  if (!is_introduced_) {
    is_introduced_ = true;
    entry().set_names(identity.user, "centrifuge-json");
    if (!front().enter_user(identity.user, user_place_)) close(disconnects::connection_limit);
  }
  control_channels_.push_back(realtime::control_of_client(client));
  if (!identity.user.empty()) control_channels_.push_back(realtime::control_of_user(identity.user));
  if (!identity.token_id.empty())
    control_channels_.push_back(realtime::control_of_token(identity.token_id));
  for (const std::string& channel : control_channels_)
    front().subscribers().subscribe(*this, pubsub::Kind::control, channel);
}

void JsonSession::forget_orders() {
  for (const std::string& channel : std::exchange(control_channels_, {}))
    front().subscribers().unsubscribe(*this, pubsub::Kind::control, channel);
}

// Nothing may be subscribed or unsubscribed while a message is delivered, so it waits for a moment.
void JsonSession::take_order(std::string_view payload) {
  auto order = realtime::read_control(payload);
  if (!order) return;
  orders_.push_back(std::move(*order));
  if (orders_.size() > 1) return;
  front().loop().post([this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) obey_all();
  });
}

void JsonSession::obey_all() {
  answering_ = true;
  for (const Control& order : std::exchange(orders_, {}))
    if (is_open()) obey(order);
  answering_ = false;
  send_kept();
}

void JsonSession::obey(const Control& order) {
  switch (order.what) {
    case Control::What::disconnect:
      return close({static_cast<CloseCode>(order.number), order.text});
    case Control::What::subscribe: {
      const std::string push = protocol_.add_channel(order.text);
      if (!push.empty()) send(Opcode::text, push);
      return;
    }
    case Control::What::unsubscribe:
      return end_subscription(order.text, server_unsubscribe, "server unsubscribe");
    case Control::What::revoke:
      if (protocol_.is_as_old_as(order.number)) close(disconnects::invalid_token);
      return;
  }
}

void JsonSession::end_subscription(const std::string& channel,
                                   unsigned code,
                                   std::string_view reason) {
  if (!protocol_.drop_channel(channel)) return;
  std::string text;
  append_push_head(text, channel);
  fmt::format_to(
      std::back_inserter(text), R"(,"unsubscribe":{{"code":{},"reason":"{}"}}}}}})", code, reason);
  send(Opcode::text, text);
}

void JsonSession::end_expired() {
  for (const std::string& channel : protocol_.expired_channels(base::wall_ms()))
    end_subscription(channel, subscription_expired, "subscription expired");
}

}  // namespace duplex::ws
