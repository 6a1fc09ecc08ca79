// Looking up the rule of a channel.
#include "realtime/channel_rules.h"

#include "base/glob.h"

#include <algorithm>

namespace duplex::realtime {

const ChannelRule* ChannelRules::find(std::string_view channel) const {
  for (const ChannelRule& rule : rules_)
    if (base::glob_match(rule.pattern, channel)) return &rule;
  return nullptr;
}

bool ChannelRules::open_to_anonymous() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const ChannelRule& rule) {
    return rule.subscribe == Access::anonymous || rule.publish == Access::anonymous;
  });
}

bool ChannelRules::keep_any_history() const {
  return std::any_of(
      rules_.begin(), rules_.end(), [](const ChannelRule& rule) { return rule.history > 0; });
}

}  // namespace duplex::realtime
