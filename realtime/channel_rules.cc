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

bool ChannelRules::may_subscribe(std::string_view channel) const {
  const ChannelRule* rule = find(channel);
  return rule != nullptr && rule->anonymous_subscribe;
}

bool ChannelRules::may_publish(std::string_view channel) const {
  const ChannelRule* rule = find(channel);
  return rule != nullptr && rule->anonymous_publish;
}

bool ChannelRules::open_to_anonymous() const {
  return std::any_of(rules_.begin(), rules_.end(), [](const ChannelRule& rule) {
    return rule.anonymous_subscribe || rule.anonymous_publish;
  });
}

}  // namespace duplex::realtime
