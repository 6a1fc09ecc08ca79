// Decides who a client is and what it may do: tokens, capabilities and channel rules.
#pragma once

#include "realtime/channel_rules.h"
#include "realtime/identity.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace duplex::realtime {

// Why something is refused, as Centrifugo numbers it; the other protocols translate.
struct Denial {
  unsigned code = 0;
  std::string_view message;
  bool is_temporary = false;
};

namespace denials {

inline constexpr Denial unauthorized{101, "unauthorized"};
inline constexpr Denial permission_denied{103, "permission denied"};
inline constexpr Denial invalid_token{3500, "invalid token"};  // ends the connection

}  // namespace denials

// Everything is refused that neither a rule nor a capability allows.
// Thread: any; immutable.
class Authority {
 public:
  Authority() = default;
  explicit Authority(ChannelRules rules) : rules_(std::move(rules)) {}

  // Who the token names; an empty one is an anonymous client's.
  std::expected<std::shared_ptr<const Identity>, Denial> authenticate(std::string_view token,
                                                                      std::int64_t now_ms) const;

  // Nothing if it is allowed. `is_subscribed`: the client is subscribed to this channel.
  std::optional<Denial> check(const Identity& identity,
                              Action action,
                              std::string_view channel,
                              bool is_subscribed = false) const;

  const ChannelRules& rules() const { return rules_; }

 private:
  ChannelRules rules_;
};

}  // namespace duplex::realtime
