// What the server keeps about channels.
#include "realtime/channel_state.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "realtime/json_text.h"

#include <utility>

namespace duplex::realtime {

ChannelState::ChannelState(ChannelRules rules, std::int64_t started_ms, bool log_keeps)
    : ChannelHistory(started_ms, log_keeps),
      rules_(std::move(rules)),
      any_history_(rules_.keep_any_history()) {}

std::optional<commands::HistoryRule> ChannelState::rule_of(std::string_view channel) const {
  if (!any_history_) [[likely]]
    return std::nullopt;
  const ChannelRule* rule = rules_.find(channel);
  if (rule == nullptr || rule->history == 0) return std::nullopt;
  return commands::HistoryRule{
      .size_max = rule->history, .ttl_ms = rule->ttl_ms, .is_logged = rule->persist};
}

std::string ChannelState::entry_text(std::span<const std::string_view> fields) const {
  const auto append = [](std::string& out, std::string_view bytes) {
    append_json_string(out, base::is_utf8(bytes) ? std::string(bytes) : base::base64(bytes));
  };
  std::string text = "{";
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (i != 0) text += ',';
    append(text, fields[i]);
    text += ':';
    append(text, fields[i + 1]);
  }
  return text + '}';
}

ChannelState* ChannelState::of(commands::Services& services) {
  return dynamic_cast<ChannelState*>(services.history);
}

}  // namespace duplex::realtime
