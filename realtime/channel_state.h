// What the server keeps about channels, for the commands of this room and for the sessions.
#pragma once

#include "commands/channel_history.h"
#include "commands/live_keys.h"
#include "commands/services.h"
#include "realtime/channel_rules.h"
#include "realtime/presence.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::realtime {

// Thread: any.
class ChannelState final : public commands::ChannelHistory, public commands::LiveKeys {
 public:
  // `started_ms` and `log_keeps` as for ChannelHistory.
  ChannelState(ChannelRules rules, std::int64_t started_ms, bool log_keeps);

  std::optional<commands::HistoryRule> rule_of(std::string_view channel) const override;
  // A JSON object. Bytes that are not text are in base64.
  std::string entry_text(std::span<const std::string_view> fields) const override;
  Presence& presence() { return presence_; }

  // The one that the server's commands work with; nullptr if there is none.
  static ChannelState* of(commands::Services& services);

 private:
  const ChannelRules rules_;
  const bool any_history_;
  Presence presence_;
};

}  // namespace duplex::realtime
