// The decisions.
#include "realtime/authority.h"

namespace duplex::realtime {

namespace {

bool admits(Access access, const Identity& identity, bool is_subscribed) {
  switch (access) {
    case Access::none:
      return false;
    case Access::anonymous:
      return true;
    case Access::token:
      return !identity.is_anonymous();
    case Access::subscribed:
      return is_subscribed;
  }
  return false;
}

// What is kept of a channel may be asked for by those who may see it come.
bool opens(const ChannelRule& rule, const Identity& identity, Action action, bool is_subscribed) {
  const bool may_see = is_subscribed || admits(rule.subscribe, identity, is_subscribed);
  switch (action) {
    case Action::subscribe:
      return admits(rule.subscribe, identity, is_subscribed);
    case Action::publish:
      return admits(rule.publish, identity, is_subscribed);
    case Action::history:
      return rule.history > 0 && may_see;
    case Action::presence:
      return rule.presence && may_see;
  }
  return false;
}

}  // namespace

std::expected<std::shared_ptr<const Identity>, Denial> Authority::authenticate(
    std::string_view token, std::int64_t) const {
  // No key is configured that a token could be checked with.
  if (!token.empty()) return std::unexpected(denials::invalid_token);
  if (!rules_.open_to_anonymous()) return std::unexpected(denials::unauthorized);
  static const auto anonymous = std::make_shared<const Identity>();
  return anonymous;
}

std::optional<Denial> Authority::check(const Identity& identity,
                                       Action action,
                                       std::string_view channel,
                                       bool is_subscribed) const {
  for (const Capability& capability : identity.capabilities)
    if (capability.allows(action) && capability.matches(channel)) return std::nullopt;
  const ChannelRule* rule = rules_.find(channel);
  if (rule != nullptr && opens(*rule, identity, action, is_subscribed)) return std::nullopt;
  return denials::permission_denied;
}

}  // namespace duplex::realtime
