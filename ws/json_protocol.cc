// Commands in, replies out.
#include "ws/json_protocol.h"

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

}  // namespace

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
  // What is sent without an id is not answered.
  if (request == nullptr || (id == 0) != (method == "send")) return disconnects::bad_request;
  return run({id, method, *request, text}, now_ms, replies);
}

std::optional<Disconnect> JsonProtocol::run(const JsonCommand& command,
                                            std::int64_t now_ms,
                                            std::string& replies) {
  if (!commands_.take(options_.commands, now_ms)) return refuse_for_rate(command, now_ms, replies);
  if (is_connected() == (command.method == "connect")) return disconnects::bad_request;
  if (command.method == "connect") return connect(command, replies);
  if (command.method == "send") {
    send(command);
    return std::nullopt;
  }
  if (command.method == "subscribe") return subscribe(command, replies);
  if (command.method == "unsubscribe") return unsubscribe(command, replies);
  if (command.method == "publish") return publish(command, now_ms, replies);
  if (command.method == "history") return history(command, replies);
  if (command.method == "presence") return presence(command, replies);
  if (command.method == "presence_stats") return presence_stats(command, replies);
  if (command.method == "ping") {
    command.reply(replies, "{}");
    return std::nullopt;
  }
  if (command.method == "rpc") return rpc(command, replies);
  if (command.method == "refresh") return refresh(command, replies);
  if (command.method == "sub_refresh") return sub_refresh(command, replies);
  command.reply(replies, json_errors::method_not_found);
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::refuse_for_rate(const JsonCommand& command,
                                                        std::int64_t now_ms,
                                                        std::string& replies) {
  if (!refusals_.take(options_.refusals, now_ms)) return disconnects::too_many_requests;
  if (command.id != 0) command.reply(replies, json_errors::too_many_requests);
  return std::nullopt;
}

bool JsonProtocol::take_pong() {
  const bool pong = pong_;
  pong_ = false;
  return pong;
}

}  // namespace duplex::ws
