// Asking who is on a channel.
#include "realtime/json_text.h"
#include "resp/reply_value.h"
#include "ws/json_protocol.h"

#include <fmt/format.h>

#include <array>
#include <string>

namespace duplex::ws {

namespace {

using realtime::Action;
using realtime::RunAs;
using resp::ReplyValue;

// The reply to a command about a channel; nothing if it was refused.
std::optional<ReplyValue> ask(realtime::CommandRunner& commands,
                              std::string_view name,
                              std::string_view channel) {
  const std::array<std::string_view, 2> words = {name, channel};
  const realtime::Ran ran = commands.run(words, RunAs::server);
  std::string_view bytes = ran.reply;
  auto reply = resp::read_reply(bytes);
  if (reply && reply->is_error()) return std::nullopt;
  return reply;
}

}  // namespace

std::optional<Disconnect> JsonProtocol::presence(const JsonCommand& command, std::string& replies) {
  const auto channel = command.text_of("channel");
  if (!channel || channel->empty()) return disconnects::bad_request;
  const bool is_subscribed = find_channel(*channel) != nullptr;
  if (const auto denial = authority_.check(*identity_, Action::presence, *channel, is_subscribed)) {
    command.reply(replies, *denial);
    return std::nullopt;
  }
  const auto answer = ask(host_.commands(), "RT.PRESENCE", *channel);
  if (!answer) {
    command.reply(replies, json_errors::internal);
    return std::nullopt;
  }
  std::string result = R"({"presence":{)";
  for (const ReplyValue& one : answer->elements) {
    const realtime::Present who{.client = one.elements[0].text,
                                .user = one.elements[1].text,
                                .info = one.elements[2].text,
                                .since_ms = one.elements[3].integer};
    if (result.back() != '{') result += ',';
    realtime::append_json_string(result, who.client);
    result += ':' + who.json();
  }
  command.reply(replies, result + "}}");
  return std::nullopt;
}

std::optional<Disconnect> JsonProtocol::presence_stats(const JsonCommand& command,
                                                       std::string& replies) {
  const auto channel = command.text_of("channel");
  if (!channel || channel->empty()) return disconnects::bad_request;
  const bool is_subscribed = find_channel(*channel) != nullptr;
  if (const auto denial = authority_.check(*identity_, Action::presence, *channel, is_subscribed)) {
    command.reply(replies, *denial);
    return std::nullopt;
  }
  const auto answer = ask(host_.commands(), "RT.PRESENCE.STATS", *channel);
  if (!answer)
    command.reply(replies, json_errors::internal);
  else
    command.reply(replies,
                  fmt::format(R"({{"num_clients":{},"num_users":{}}})",
                              answer->find("clients")->integer,
                              answer->find("users")->integer));
  return std::nullopt;
}

}  // namespace duplex::ws
