// What browsers may do on which channels: nothing, unless the configuration opens it.
#pragma once

#include "realtime/channel_rule.h"

#include <string_view>
#include <utility>
#include <vector>

namespace duplex::realtime {

// The first rule whose pattern matches decides; a channel that none matches is closed.
// Thread: any; immutable.
class ChannelRules {
 public:
  ChannelRules() = default;
  explicit ChannelRules(std::vector<ChannelRule> rules) : rules_(std::move(rules)) {}

  // The rule of a channel; null: it has none. Lifetime: as long as this object.
  const ChannelRule* find(std::string_view channel) const;
  // Is there any channel for clients without a token?
  bool open_to_anonymous() const;
  // Does any channel have a history?
  bool keep_any_history() const;

 private:
  std::vector<ChannelRule> rules_;
};

}  // namespace duplex::realtime
