// Live keys of one loop.
#include "realtime/live_key_board.h"

#include "base/text.h"
#include "base/utf8.h"
#include "realtime/json_text.h"
#include "resp/reply_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace duplex::realtime {

namespace {

constexpr std::string_view prefix = "key:";

// The effects that can be told by themselves: those that change a part of the value and say how.
constexpr std::string_view told_effects[] = {"APPEND",
                                             "BITFIELD",
                                             "HDEL",
                                             "HINCRBY",
                                             "HSET",
                                             "LPOP",
                                             "LPUSH",
                                             "LREM",
                                             "LSET",
                                             "RPOP",
                                             "RPUSH",
                                             "SADD",
                                             "SETBIT",
                                             "SETRANGE",
                                             "SREM",
                                             "ZADD",
                                             "ZREM"};

// An effect as a JSON array, empty if it is about another key; nothing if it cannot be told so.
std::optional<std::string> effect_json(const resp::ReplyValue& effect, std::string_view key) {
  const auto& words = effect.elements;
  // The log has commands as they were asked, in any case.
  const std::string name = base::uppered(words.front().text);
  if (std::ranges::find(told_effects, name) == std::end(told_effects)) return std::nullopt;
  if (words[1].text != key) return std::string();
  std::string json = "[";
  append_json_string(json, name);
  for (const resp::ReplyValue& word : std::span(words).subspan(1)) {
    if (!base::is_utf8(word.text)) return std::nullopt;
    json += ',';
    append_json_string(json, word.text);
  }
  return json + ']';
}

// All effects of a message; nothing if one of them cannot be told.
std::optional<std::vector<std::string>> effects_json(std::string_view bytes, std::string_view key) {
  std::vector<std::string> result;
  while (!bytes.empty()) {
    const auto effect = resp::read_reply(bytes);
    if (!effect || effect->elements.size() < 2) return std::nullopt;
    auto json = effect_json(*effect, key);
    if (!json) return std::nullopt;
    if (!json->empty()) result.push_back(std::move(*json));
  }
  if (result.empty()) return std::nullopt;
  return result;
}

}  // namespace

LiveKeyBoard::~LiveKeyBoard() {
  for (const auto& [key, watched] : keys_) {
    subscribers_.unsubscribe(*this, pubsub::Kind::control, commands::live_channel(key));
    live_keys_.unwatch(key);
  }
}

std::expected<LiveValue, std::string> LiveKeyBoard::add(pubsub::Subscriber& watcher,
                                                        std::string_view key,
                                                        RunAs as) {
  auto found = keys_.find(key);
  if (found == keys_.end()) {
    found = keys_.try_emplace(std::string(key)).first;
    live_keys_.watch(key);
    subscribers_.subscribe(*this, pubsub::Kind::control, commands::live_channel(key));
  }
  found->second.watchers.push_back(&watcher);
  auto value = read(found->first, found->second, as);
  if (!value) remove(watcher, key);
  return value;
}

void LiveKeyBoard::remove(pubsub::Subscriber& watcher, std::string_view key) {
  const auto found = keys_.find(key);
  std::erase(found->second.watchers, &watcher);
  if (!found->second.watchers.empty()) return;
  subscribers_.unsubscribe(*this, pubsub::Kind::control, commands::live_channel(key));
  live_keys_.unwatch(key);
  keys_.erase(found);
}

// What others have not been told yet stays to be told: this read may be for one watcher only.
std::expected<LiveValue, std::string> LiveKeyBoard::read(const std::string& key,
                                                         Watched& watched,
                                                         RunAs as) {
  auto value = read_live_value(commands_, as, key);
  if (!value) return value;
  watched.version = value->version;
  watched.is_large = value->json.size() > large_bytes;
  return value;
}

void LiveKeyBoard::settle() {
  will_settle_ = false;
  for (auto& [key, watched] : keys_) {
    if (!watched.has_changed) continue;
    watched.has_changed = false;
    watched.is_read = true;
    const auto value = read(key, watched, RunAs::server);
    watched.is_read = false;
    if (value) tell(key, watched, value->json, value->version);
    // If it cannot be read now, later.
    if (!value || watched.meanwhile > value->version) note_change(watched);
  }
}

void LiveKeyBoard::note_change(Watched& watched) {
  watched.has_changed = true;
  if (will_settle_) return;
  will_settle_ = true;
  call_later_(interval_ms);
}

void LiveKeyBoard::tell(const std::string& key,
                        const Watched& watched,
                        std::string_view json,
                        std::uint64_t version) {
  const pubsub::Message message(pubsub::Kind::channel,
                                commands::live_channel(key),
                                fmt::format(R"({{{},"version":{}}})", json, version),
                                {.epoch = 0,
                                 .offset = version,
                                 .log_position = watched.log_position,
                                 .info = {},
                                 .tags = {}});
  for (pubsub::Subscriber* watcher : watched.watchers)
    watcher->deliver(message, {});
}

void LiveKeyBoard::deliver(const pubsub::Message& message, std::string_view) {
  const auto found = keys_.find(std::string_view(message.channel()).substr(prefix.size()));
  if (found == keys_.end()) return;
  Watched& watched = found->second;
  const pubsub::Publication& change = message.publication();
  watched.log_position = std::max(watched.log_position, change.log_position);
  // What is read just now, or will be, may have this change in it.
  if (watched.is_read) watched.meanwhile = change.offset;
  if (watched.is_read || watched.has_changed) return;
  const auto effects =
      watched.is_large ? effects_json(message.payload(), found->first) : std::nullopt;
  if (!effects) return note_change(watched);
  for (const std::string& effect : *effects)
    tell(found->first, watched, R"("op":)" + effect, change.offset);
}

}  // namespace duplex::realtime
