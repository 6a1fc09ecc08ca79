// What clients do with channels: subscribe, unsubscribe, publish, look back.
#include "base/clock.h"
#include "realtime/json_text.h"
#include "resp/reply_value.h"
#include "ws/json_protocol.h"
#include "ws/json_publication.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace duplex::ws {

namespace {

namespace json = boost::json;

using realtime::Action;
using realtime::HistoryPage;
using realtime::Position;
using realtime::RunAs;

constexpr std::string_view key_prefix = "key:";
constexpr std::string_view stream_prefix = "stream:";

// The channel that a command names; nothing if it names none.
std::optional<std::string_view> channel_of(const JsonCommand& command) {
  const auto channel = command.text_of("channel");
  if (!channel || channel->empty()) return std::nullopt;
  return channel;
}

void append_publications(std::string& out, const HistoryPage& page) {
  out += R"("publications":[)";
  for (std::size_t i = 0; i < page.publications.size(); ++i) {
    const realtime::PastPublication& past = page.publications[i];
    if (i != 0) out += ',';
    append_publication(
        out, {.data = past.data, .offset = past.offset, .info = past.info, .tags = past.tags});
  }
  out += ']';
}

void append_position(std::string& out, const Position& position) {
  fmt::format_to(
      std::back_inserter(out), R"("epoch":"{}","offset":{})", position.epoch, position.offset);
}

}  // namespace

std::optional<Disconnect> JsonProtocol::subscribe(const JsonCommand& command,
                                                  std::string& replies) {
  const auto channel = channel_of(command);
  if (!channel) return disconnects::bad_request;
  std::optional<Position> since;
  if (json_flag(command.request, "recover")) {
    since = read_position(command.request);
    if (!since) return disconnects::bad_request;
  }
  const auto token = command.text_of("token");
  if (!token) return disconnects::bad_request;
  if (channel->size() > options_.channel_bytes_max) {
    command.reply(replies, json_errors::bad_request);
    return std::nullopt;
  }
  const auto grant = admit(*channel, *token);
  if (!grant) {
    command.reply(replies, grant.error());
  } else if (find_channel(*channel) != nullptr) {
    command.reply(replies, json_errors::already_subscribed);
  } else if (channels_.size() >= options_.channels_max) {
    command.reply(replies, json_errors::limit_exceeded);
  } else if (const Begun begun = begin_channel(
                 *channel, since, json_flag(command.request, "join_leave"), grant->expires_s)) {
    command.reply(replies, "{" + *begun + "}");
  } else {
    command.reply(replies, begun.error());
  }
  return std::nullopt;
}

std::expected<realtime::ChannelGrant, realtime::Denial> JsonProtocol::admit(
    std::string_view channel, std::string_view token) const {
  const auto denial = authority_.check(*identity_, Action::subscribe, channel);
  if (!denial) return realtime::ChannelGrant{};
  if (!realtime::Authority::is_private(channel)) return std::unexpected(*denial);
  auto grant = authority_.check_channel_token(*identity_, channel, token, base::wall_ms());
  // A bad token of a channel is no reason to end the connection.
  if (!grant && grant.error().code >= 3000)
    return std::unexpected(realtime::denials::permission_denied);
  return grant;
}

std::optional<Disconnect> JsonProtocol::sub_refresh(const JsonCommand& command,
                                                    std::string& replies) {
  const auto name = channel_of(command);
  const auto token = command.text_of("token");
  if (!name || !token) return disconnects::bad_request;
  const auto channel = std::ranges::find(channels_, *name, &Channel::name);
  if (channel == channels_.end()) {
    command.reply(replies, realtime::denials::permission_denied);
    return std::nullopt;
  }
  const auto grant = admit(*name, *token);
  if (!grant) {
    command.reply(replies, grant.error());
    return std::nullopt;
  }
  channel->expires_s = grant->expires_s;
  command.reply(replies, "{" + expiry_members(grant->expires_s, base::wall_ms()) + "}");
  return std::nullopt;
}

std::vector<std::string> JsonProtocol::expired_channels(std::int64_t wall_ms) const {
  std::vector<std::string> names;
  for (const Channel& channel : channels_)
    if (channel.expires_s != 0 && channel.expires_s * 1000 <= wall_ms)
      names.push_back(channel.name);
  return names;
}

std::string JsonProtocol::add_channel(std::string_view name) {
  std::string push;
  if (!is_connected() || find_channel(name) != nullptr || channels_.size() >= options_.channels_max)
    return push;
  const Begun begun = begin_channel(name, std::nullopt, true);
  if (!begun) return push;
  append_push_head(push, name);
  return push + R"(,"subscribe":{)" + *begun + "}}}";
}

bool JsonProtocol::drop_channel(std::string_view name) {
  const Channel* channel = find_channel(name);
  if (channel == nullptr) return false;
  end_channel(*channel);
  return true;
}

JsonProtocol::Begun JsonProtocol::begin_channel(std::string_view name,
                                                const std::optional<Position>& since,
                                                bool wants_presence,
                                                std::int64_t expires_s) {
  const bool is_key = name.starts_with(key_prefix);
  Begun result = is_key ? begin_key(name) : begin_history(name, since);
  if (!result) return result;
  if (expires_s != 0) {
    if (!result->empty()) *result += ',';
    *result += expiry_members(expires_s, base::wall_ms());
  }
  Channel& channel = channels_.emplace_back();
  channel.name = name;
  channel.expires_s = expires_s;
  if (const realtime::ChannelRule* rule = authority_.rules().find(name)) {
    channel.is_present = rule->presence || rule->join_leave;
    channel.announces = rule->join_leave;
    channel.hears_presence = rule->join_leave && wants_presence;
  }
  if (channel.hears_presence) host_.hear_presence(name);
  if (channel.is_present) host_.enter(name, present(), channel.announces);
  return result;
}

// The subscription comes first, then the position: what is published between the two comes twice
// and is dropped once.
JsonProtocol::Begun JsonProtocol::begin_history(std::string_view name,
                                                const std::optional<Position>& since) {
  host_.subscribe(name);
  const RunAs as = name.starts_with(stream_prefix) ? RunAs::browser : RunAs::server;
  const auto page = realtime::read_history(
      host_.commands(),
      as,
      name,
      {.since = since, .limit = since ? options_.page_max : 0, .reverse = false, .make = true});
  if (!page) {
    host_.unsubscribe(name);
    return std::unexpected(denial_of(page.error()));
  }
  host_.begin_at(name, page->top);
  std::string result;
  if (page->top.epoch.empty()) return result;
  result += R"("recoverable":true,"positioned":true,)";
  append_position(result, page->top);
  if (!since) return result;
  const bool recovered = page->is_complete_since(*since);
  result += R"(,"was_recovering":true,"recovered":)";
  result += recovered ? "true" : "false";
  if (!recovered || page->publications.empty()) return result;
  result += ',';
  append_publications(result, *page);
  return result;
}

JsonProtocol::Begun JsonProtocol::begin_key(std::string_view name) {
  const auto value = host_.watch(name);
  if (!value) return std::unexpected(denial_of(value.error()));
  if (value->json.size() <= options_.live_bytes_max)
    return fmt::format(R"("data":{{{},"version":{}}})", value->json, value->version);
  host_.unsubscribe(name);
  return std::unexpected(json_errors::limit_exceeded);
}

std::optional<Disconnect> JsonProtocol::unsubscribe(const JsonCommand& command,
                                                    std::string& replies) {
  const auto channel = channel_of(command);
  if (!channel) return disconnects::bad_request;
  if (const Channel* found = find_channel(*channel)) end_channel(*found);
  command.reply(replies, "{}");
  return std::nullopt;
}

void JsonProtocol::end_channel(const Channel& channel) {
  if (channel.hears_presence) host_.ignore_presence(channel.name);
  host_.unsubscribe(channel.name);
  if (channel.is_present) host_.leave(channel.name, client_id_, channel.announces);
  channels_.erase(channels_.begin() + (&channel - channels_.data()));
}

void JsonProtocol::end() {
  while (!channels_.empty())
    end_channel(channels_.back());
}

const JsonProtocol::Channel* JsonProtocol::find_channel(std::string_view name) const {
  const auto found = std::find_if(channels_.begin(), channels_.end(), [&](const Channel& channel) {
    return channel.name == name;
  });
  return found == channels_.end() ? nullptr : &*found;
}

std::optional<Disconnect> JsonProtocol::publish(const JsonCommand& command,
                                                std::int64_t now_ms,
                                                std::string& replies) {
  const auto channel = channel_of(command);
  if (!channel || !command.request.contains("data")) return disconnects::bad_request;
  // What subscribers get is the text as the client wrote it, not a parser's idea of it.
  const auto data = command.raw("data");
  if (!data) return disconnects::bad_request;  // names written with escapes
  if (channel->size() > options_.channel_bytes_max) {
    command.reply(replies, json_errors::bad_request);
  } else if (const auto denial = authority_.check(
                 *identity_, Action::publish, *channel, find_channel(*channel) != nullptr)) {
    command.reply(replies, *denial);
  } else if (!publishes_.take(options_.publishes, now_ms)) {
    return refuse_for_rate(command, now_ms, replies);
  } else {
    const std::string info = publisher_info();
    const std::array<std::string_view, 5> words = {"RT.PUBLISH", *channel, *data, "INFO", info};
    const auto used = std::span(words).first(info.empty() ? 3 : 5);
    const realtime::Ran ran = host_.commands().run(used, RunAs::browser);
    if (ran.reply.starts_with('-'))
      command.reply(replies, denial_of(std::string_view(ran.reply).substr(1)));
    else
      command.reply(replies, "{}");
  }
  return std::nullopt;
}

realtime::Present JsonProtocol::present() const {
  return {.client = client_id_, .user = identity_->user, .info = identity_->info, .since_ms = 0};
}

std::string JsonProtocol::publisher_info() const {
  return identity_->user.empty() ? std::string() : present().json();
}

std::optional<Disconnect> JsonProtocol::history(const JsonCommand& command, std::string& replies) {
  const auto channel = channel_of(command);
  if (!channel) return disconnects::bad_request;
  realtime::HistoryQuery query;
  // -1 asks for everything.
  const json::value* limit = command.request.if_contains("limit");
  const bool all = limit != nullptr && limit->is_int64() && limit->get_int64() < 0;
  const auto count = all ? options_.page_max : json_number(command.request, "limit", 0);
  const json::value* since = command.request.if_contains("since");
  if (since != nullptr && since->is_object()) query.since = read_position(since->get_object());
  if (!count || (since != nullptr && !since->is_null() && !query.since))
    return disconnects::bad_request;
  query.limit = std::min(*count, options_.page_max);
  query.reverse = json_flag(command.request, "reverse");
  query.make = true;
  if (const auto denial = authority_.check(
          *identity_, Action::history, *channel, find_channel(*channel) != nullptr)) {
    command.reply(replies, *denial);
    return std::nullopt;
  }
  const RunAs as = channel->starts_with(stream_prefix) ? RunAs::browser : RunAs::server;
  const auto page = realtime::read_history(host_.commands(), as, *channel, query);
  if (!page) {
    command.reply(replies, denial_of(page.error()));
  } else if (page->top.epoch.empty()) {
    command.reply(replies, json_errors::not_available);
  } else if (query.since && !query.since->epoch.empty() && query.since->epoch != page->top.epoch) {
    command.reply(replies, json_errors::unrecoverable_position);
  } else {
    std::string result = "{";
    append_publications(result, *page);
    result += ',';
    append_position(result, page->top);
    command.reply(replies, result + "}");
  }
  return std::nullopt;
}

}  // namespace duplex::ws
