// The connection itself: who the client is, its own channels, and calls to programs.
#include "base/clock.h"
#include "base/glob.h"
#include "base/random.h"
#include "realtime/json_text.h"
#include "realtime/revocations.h"
#include "resp/reply_value.h"
#include "ws/json_protocol.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace duplex::ws {

namespace {

namespace json = boost::json;

using realtime::Identity;
using realtime::RunAs;

// How many calls wait in a stream at most.
constexpr std::string_view calls_max = "10000";

std::string random_uuid() {
  std::array<unsigned char, 16> bytes;
  base::secure_random(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fu) | 0x40u);  // version 4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fu) | 0x80u);  // variant 1
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace

JsonProtocol::Authenticated JsonProtocol::authenticate(std::string_view token,
                                                       std::int64_t wall_ms) {
  auto identity = authority_.authenticate(token, wall_ms);
  if (!identity) return identity;
  // First to listen, then to look: a revocation between the two is heard.
  host_.introduce(**identity, client_id_);
  if (const auto denial = realtime::check_revoked(host_.commands(), **identity))
    return std::unexpected(*denial);
  return identity;
}

std::optional<Disconnect> JsonProtocol::connect(const JsonCommand& command, std::string& replies) {
  const auto token = command.text_of("token");
  if (!token) return disconnects::bad_request;
  const std::int64_t wall_ms = base::wall_ms();
  client_id_ = random_uuid();
  auto identity = authenticate(*token, wall_ms);
  if (!identity) {
    if (identity.error().code >= 3000) return disconnects::invalid_token;
    command.reply(replies, identity.error());
    return std::nullopt;
  }
  identity_ = std::move(*identity);
  std::string result = fmt::format(R"({{"client":"{}","version":)", client_id_);
  realtime::append_json_string(result, options_.version);
  if (identity_->expires_s != 0) result += ',' + expiry_members(identity_->expires_s, wall_ms);
  fmt::format_to(std::back_inserter(result), R"(,"ping":{},"pong":true)", options_.ping_s);
  result += begin_own_channels(command);
  command.reply(replies, result + '}');
  return std::nullopt;
}

std::string JsonProtocol::begin_own_channels(const JsonCommand& command) {
  if (identity_->channels.empty()) return {};
  const json::value* known = command.request.if_contains("subs");
  std::string subs;
  for (const std::string& channel : identity_->channels) {
    if (find_channel(channel) != nullptr || channels_.size() >= options_.channels_max) continue;
    const json::value* before =
        known != nullptr && known->is_object() ? known->get_object().if_contains(channel) : nullptr;
    const bool recovers =
        before != nullptr && before->is_object() && json_flag(before->get_object(), "recover");
    const auto begun =
        begin_channel(channel, recovers ? read_position(before->get_object()) : std::nullopt, true);
    if (!begun) continue;
    if (!subs.empty()) subs += ',';
    realtime::append_json_string(subs, channel);
    subs += ":{" + *begun + '}';
  }
  return R"(,"subs":{)" + subs + '}';
}

std::optional<Disconnect> JsonProtocol::refresh(const JsonCommand& command, std::string& replies) {
  const auto token = command.text_of("token");
  if (!token || token->empty()) return disconnects::bad_request;
  const std::int64_t wall_ms = base::wall_ms();
  auto identity = authenticate(*token, wall_ms);
  if (!identity) {
    if (identity.error().code >= 3000) return disconnects::invalid_token;
    command.reply(replies, identity.error());
    return std::nullopt;
  }
  // Somebody else's token.
  if ((*identity)->user != identity_->user) return disconnects::invalid_token;
  identity_ = std::move(*identity);
  std::string result = fmt::format(R"({{"client":"{}","version":)", client_id_);
  realtime::append_json_string(result, options_.version);
  if (identity_->expires_s != 0) result += ',' + expiry_members(identity_->expires_s, wall_ms);
  command.reply(replies, result + '}');
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::check_token(std::int64_t wall_ms) const {
  if (!identity_ || identity_->expires_s == 0) return std::nullopt;
  if (wall_ms < identity_->expires_s * 1000 + options_.expired_close_ms) return std::nullopt;
  return disconnects::expired;
}

const RpcRoute* JsonProtocol::find_route(std::string_view method) const {
  for (const RpcRoute& route : options_.rpc_routes)
    if (base::glob_match(route.methods, method)) return &route;
  return nullptr;
}

std::optional<Disconnect> JsonProtocol::rpc(const JsonCommand& command, std::string& replies) {
  const auto method = command.text_of("method");
  if (!method) return disconnects::bad_request;
  const RpcRoute* route = find_route(*method);
  if (route == nullptr) {
    command.reply(replies, json_errors::not_available);
    return std::nullopt;
  }
  const std::string token = host_.expect_answer(command.id);
  const auto error = add_call(*route, *method, command.raw("data").value_or("null"), token);
  if (!error) return std::nullopt;
  host_.forget_answer(token);
  command.reply(replies, denial_of(*error));
  return std::nullopt;
}

void JsonProtocol::send(const JsonCommand& command) {
  constexpr std::string_view method = "send";
  if (const RpcRoute* route = find_route(method))
    add_call(*route, method, command.raw("data").value_or("null"), {});
}

std::optional<std::string> JsonProtocol::add_call(const RpcRoute& route,
                                                  std::string_view method,
                                                  std::string_view data,
                                                  std::string_view token) {
  const std::array<std::string_view, 16> words = {"XADD",
                                                  route.stream,
                                                  "MAXLEN",
                                                  "~",
                                                  calls_max,
                                                  "*",
                                                  "client",
                                                  client_id_,
                                                  "user",
                                                  identity_->user,
                                                  "method",
                                                  method,
                                                  "data",
                                                  data,
                                                  "reply",
                                                  token};
  const auto used = std::span(words).first(token.empty() ? 14 : 16);
  const realtime::Ran ran = host_.commands().run(used, RunAs::browser);
  if (!ran.reply.starts_with('-')) return std::nullopt;
  return ran.reply.substr(1);
}

}  // namespace duplex::ws
