// The decisions.
#include "realtime/authority.h"

#include "realtime/token.h"

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
bool opens(const ChannelRule& rule,
           const Identity& identity,
           Action action,
           std::string_view channel,
           bool is_subscribed) {
  const bool may_see = is_subscribed || (!Authority::is_private(channel) &&
                                         admits(rule.subscribe, identity, is_subscribed));
  switch (action) {
    case Action::subscribe:
      return may_see;
    case Action::publish:
      return admits(rule.publish, identity, is_subscribed);
    case Action::history:
      return rule.history > 0 && may_see;
    case Action::presence:
      return rule.presence && may_see;
  }
  return false;
}

DenialReason reason_of(const Denial& denial) {
  switch (denial.code) {
    case denials::unauthorized.code:
      return DenialReason::unauthorized;
    case denials::token_expired.code:
      return DenialReason::token_expired;
    case denials::invalid_token.code:
      return DenialReason::invalid_token;
    default:
      return DenialReason::permission_denied;
  }
}

}  // namespace

std::unexpected<Denial> Authority::refuse(const Denial& denial) const {
  if (counters_ != nullptr) counters_->add(reason_of(denial));
  return std::unexpected(denial);
}

std::expected<TokenClaims, Denial> Authority::read(std::string_view token,
                                                   std::int64_t now_ms) const {
  if (keyring_ == nullptr) return refuse(denials::invalid_token);
  auto claims = read_token(token, *keyring_->current(), now_ms / 1000);
  if (claims) return *std::move(claims);
  return refuse(claims.error() == TokenFault::expired ? denials::token_expired
                                                      : denials::invalid_token);
}

std::expected<std::shared_ptr<const Identity>, Denial> Authority::authenticate(
    std::string_view token, std::int64_t now_ms) const {
  if (token.empty()) {
    if (!rules_.open_to_anonymous()) return refuse(denials::unauthorized);
    static const auto anonymous = std::make_shared<const Identity>();
    return anonymous;
  }
  auto claims = read(token, now_ms);
  if (!claims) return std::unexpected(claims.error());
  // What opens one channel does not open a connection.
  if (!claims->channel.empty()) return refuse(denials::invalid_token);
  return std::make_shared<const Identity>(std::move(claims->identity));
}

std::expected<ChannelGrant, Denial> Authority::check_channel_token(const Identity& identity,
                                                                   std::string_view channel,
                                                                   std::string_view token,
                                                                   std::int64_t now_ms) const {
  if (token.empty() || (fence_ != nullptr && !fence_->admits(channel)))
    return refuse(denials::permission_denied);
  auto claims = read(token, now_ms);
  if (!claims) return std::unexpected(claims.error());
  if (claims->channel != channel || claims->identity.user != identity.user)
    return refuse(denials::invalid_token);
  return ChannelGrant{.info = std::move(claims->identity.info),
                      .expires_s = claims->identity.expires_s};
}

std::optional<Denial> Authority::check(const Identity& identity,
                                       Action action,
                                       std::string_view channel,
                                       bool is_subscribed) const {
  if (fence_ != nullptr && !fence_->admits(channel))
    return refuse(denials::permission_denied).error();
  for (const Capability& capability : identity.capabilities)
    if (capability.allows(action) && capability.matches(channel)) return std::nullopt;
  const ChannelRule* rule = rules_.find(channel);
  if (rule != nullptr && opens(*rule, identity, action, channel, is_subscribed))
    return std::nullopt;
  return refuse(denials::permission_denied).error();
}

}  // namespace duplex::realtime
