// What browsers may do on which channels: nothing, unless the configuration opens it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::realtime {

// `channel <pattern> sub=anon pub=anon`.
struct ChannelRule {
  std::string pattern;  // a glob, as PSUBSCRIBE understands it
  bool anonymous_subscribe = false;
  bool anonymous_publish = false;
};

// The first rule whose pattern matches decides; a channel that none matches is closed.
// Thread: any; immutable.
class ChannelRules {
 public:
  ChannelRules() = default;
  explicit ChannelRules(std::vector<ChannelRule> rules) : rules_(std::move(rules)) {}

  bool may_subscribe(std::string_view channel) const;
  bool may_publish(std::string_view channel) const;
  // Is there any channel for clients without a token?
  bool open_to_anonymous() const;

 private:
  const ChannelRule* find(std::string_view channel) const;

  std::vector<ChannelRule> rules_;
};

}  // namespace duplex::realtime
