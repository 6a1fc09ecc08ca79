// Commands in, replies out.
#include "ws/json_protocol.h"

#include "base/clock.h"
#include "base/random.h"
#include "realtime/json_text.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

namespace duplex::ws {

namespace {

namespace json = boost::json;

using realtime::Action;
using ReplyError = realtime::Denial;

constexpr ReplyError method_not_found{104, "method not found"};
constexpr ReplyError already_subscribed{105, "already subscribed"};
constexpr ReplyError limit_exceeded{106, "limit exceeded"};
constexpr ReplyError bad_request{107, "bad request"};
constexpr ReplyError not_available{108, "not available"};
constexpr ReplyError too_many_requests{111, "too many requests", true};

// Known commands that have no function here yet.
constexpr std::string_view unavailable_methods[] = {
    "presence", "presence_stats", "history", "rpc", "refresh", "sub_refresh"};

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

// The string member of an object; empty if it is missing. Nothing if it is something else.
std::optional<std::string_view> text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return std::string_view();
  const json::string* text = value->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

}  // namespace

// One command, parsed.
struct JsonProtocol::Command {
  std::uint32_t id;
  std::string_view method;
  const json::object& request;
  std::string_view text;  // of the whole command

  void reply(std::string& out, std::string_view result) const {
    if (!out.empty()) out += '\n';
    fmt::format_to(std::back_inserter(out), R"({{"id":{},"{}":{}}})", id, method, result);
  }
  void reply(std::string& out, const ReplyError& error) const {
    if (!out.empty()) out += '\n';
    fmt::format_to(std::back_inserter(out),
                   R"({{"id":{},"error":{{"code":{},"message":"{}"{}}}}})",
                   id,
                   error.code,
                   error.message,
                   error.is_temporary ? R"(,"temporary":true)" : "");
  }
};

std::optional<Disconnect> JsonProtocol::receive(std::string_view message,
                                                std::int64_t now_ms,
                                                std::string& replies) {
  while (!message.empty()) {
    const std::size_t end = std::min(message.find('\n'), message.size());
    const std::string_view line = message.substr(0, end);
    message.remove_prefix(std::min(end + 1, message.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (const auto disconnect = receive_command(line, now_ms, replies)) return disconnect;
  }
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::receive_command(std::string_view text,
                                                        std::int64_t now_ms,
                                                        std::string& replies) {
  std::array<unsigned char, 2048> room;
  json::monotonic_resource memory(room.data(), room.size());
  json::parse_options options;
  options.max_depth = realtime::json_depth_max;
  boost::system::error_code error;
  const json::value parsed =
      json::parse(json::string_view(text.data(), text.size()), error, &memory, options);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return disconnects::bad_request;
  if (object->empty()) {
    pong_ = true;
    return std::nullopt;
  }

  std::uint32_t id = 0;
  const json::object* request = nullptr;
  std::string_view method;
  for (const auto& [name, value] : *object) {
    const std::string_view key(name.data(), name.size());
    if (key == "id") {
      const std::int64_t* number = value.if_int64();
      if (number == nullptr || *number <= 0 || *number > std::numeric_limits<std::uint32_t>::max())
        return disconnects::bad_request;
      id = static_cast<std::uint32_t>(*number);
    } else if (const json::object* found = value.if_object(); found != nullptr && !request) {
      method = key;
      request = found;
    } else {
      return disconnects::bad_request;
    }
  }
  if (request == nullptr || id == 0) return disconnects::bad_request;
  return run({id, method, *request, text}, now_ms, replies);
}

std::optional<Disconnect> JsonProtocol::run(const Command& command,
                                            std::int64_t now_ms,
                                            std::string& replies) {
  if (!commands_.take(options_.commands, now_ms)) return refuse_for_rate(command, now_ms, replies);
  if (is_connected() == (command.method == "connect")) return disconnects::bad_request;
  if (command.method == "connect") return connect(command, replies);
  if (command.method == "subscribe") return subscribe(command, replies);
  if (command.method == "unsubscribe") return unsubscribe(command, replies);
  if (command.method == "publish") return publish(command, now_ms, replies);
  if (command.method == "ping") {
    command.reply(replies, "{}");
    return std::nullopt;
  }
  const bool known =
      std::find(std::begin(unavailable_methods), std::end(unavailable_methods), command.method) !=
      std::end(unavailable_methods);
  command.reply(replies, known ? not_available : method_not_found);
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::connect(const Command& command, std::string& replies) {
  const auto token = text_of(command.request, "token");
  if (!token) return disconnects::bad_request;
  auto identity = authority_.authenticate(*token, base::wall_ms());
  if (!identity) {
    if (identity.error().code >= 3000) return disconnects::invalid_token;
    command.reply(replies, identity.error());
    return std::nullopt;
  }
  identity_ = std::move(*identity);
  std::string result = fmt::format(R"({{"client":"{}","version":)", random_uuid());
  realtime::append_json_string(result, options_.version);
  fmt::format_to(std::back_inserter(result), R"(,"ping":{},"pong":true}})", options_.ping_s);
  command.reply(replies, result);
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::subscribe(const Command& command, std::string& replies) {
  const auto channel = text_of(command.request, "channel");
  if (!channel || channel->empty()) return disconnects::bad_request;
  if (channel->size() > options_.channel_bytes_max) {
    command.reply(replies, bad_request);
  } else if (const auto denial = authority_.check(*identity_, Action::subscribe, *channel)) {
    command.reply(replies, *denial);
  } else if (std::find(channels_.begin(), channels_.end(), *channel) != channels_.end()) {
    command.reply(replies, already_subscribed);
  } else if (channels_.size() >= options_.channels_max) {
    command.reply(replies, limit_exceeded);
  } else {
    channels_.emplace_back(*channel);
    host_.subscribe(*channel);
    command.reply(replies, "{}");
  }
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::unsubscribe(const Command& command, std::string& replies) {
  const auto channel = text_of(command.request, "channel");
  if (!channel || channel->empty()) return disconnects::bad_request;
  const auto found = std::find(channels_.begin(), channels_.end(), *channel);
  if (found != channels_.end()) {
    host_.unsubscribe(*channel);
    channels_.erase(found);
  }
  command.reply(replies, "{}");
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::publish(const Command& command,
                                                std::int64_t now_ms,
                                                std::string& replies) {
  const auto channel = text_of(command.request, "channel");
  if (!channel || channel->empty() || !command.request.contains("data"))
    return disconnects::bad_request;
  // What subscribers get is the text as the client wrote it, not a parser's idea of it.
  const auto request = realtime::json_member(command.text, "publish");
  const auto data = request ? realtime::json_member(*request, "data") : std::nullopt;
  if (!data) return disconnects::bad_request;  // names written with escapes
  if (channel->size() > options_.channel_bytes_max) {
    command.reply(replies, bad_request);
  } else if (const auto denial = authority_.check(*identity_, Action::publish, *channel)) {
    command.reply(replies, *denial);
  } else if (!publishes_.take(options_.publishes, now_ms)) {
    return refuse_for_rate(command, now_ms, replies);
  } else {
    host_.publish(*channel, *data);
    command.reply(replies, "{}");
  }
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::refuse_for_rate(const Command& command,
                                                        std::int64_t now_ms,
                                                        std::string& replies) {
  if (!refusals_.take(options_.refusals, now_ms)) return disconnects::too_many_requests;
  command.reply(replies, too_many_requests);
  return std::nullopt;
}

bool JsonProtocol::take_pong() {
  const bool pong = pong_;
  pong_ = false;
  return pong;
}

}  // namespace duplex::ws
