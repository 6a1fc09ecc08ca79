// Decides who a client is and what it may do: tokens, capabilities and channel rules.
#pragma once

#include "realtime/channel_rules.h"
#include "realtime/denial_counters.h"
#include "realtime/identity.h"
#include "realtime/token_keyring.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace duplex::realtime {

struct TokenClaims;

// Why something is refused, as Centrifugo numbers it; the other protocols translate.
struct Denial {
  unsigned code = 0;
  std::string_view message;
  bool is_temporary = false;
};

namespace denials {

inline constexpr Denial unauthorized{101, "unauthorized"};
inline constexpr Denial permission_denied{103, "permission denied"};
inline constexpr Denial token_expired{109, "token expired"};
inline constexpr Denial invalid_token{3500, "invalid token"};  // ends the connection

}  // namespace denials

// What a token opens one channel for.
struct ChannelGrant {
  std::string info{};          // JSON that goes with what the client does there, or empty
  std::int64_t expires_s = 0;  // seconds since 1970; 0: never
};

// What bounds all rules and tokens. Thread: any.
class ChannelFence {
 public:
  virtual ~ChannelFence() = default;
  virtual bool admits(std::string_view channel) const = 0;
};

// Everything is refused that neither a rule nor a capability allows. Channels whose name starts
// with '$' are private: rules do not let anybody subscribe to them, a channel's token does.
//
// Thread: any; rules never change, keys may (TokenKeyring). Copies share the keys.
class Authority {
 public:
  Authority() = default;
  // `keyring`: null if no token is valid. `fence`: null if there is none. `counters`: of what is
  // refused, may be null. Both outlive this object.
  explicit Authority(ChannelRules rules,
                     std::shared_ptr<const TokenKeyring> keyring = nullptr,
                     const ChannelFence* fence = nullptr,
                     DenialCounters* counters = nullptr)
      : rules_(std::move(rules)),
        keyring_(std::move(keyring)),
        fence_(fence),
        counters_(counters) {}

  // Who the token names; an empty one is an anonymous client's. `now_ms`: since 1970.
  std::expected<std::shared_ptr<const Identity>, Denial> authenticate(std::string_view token,
                                                                      std::int64_t now_ms) const;
  // Whether the token opens this private channel to this client.
  std::expected<ChannelGrant, Denial> check_channel_token(const Identity& identity,
                                                          std::string_view channel,
                                                          std::string_view token,
                                                          std::int64_t now_ms) const;

  // Nothing if it is allowed. `is_subscribed`: the client is subscribed to this channel.
  std::optional<Denial> check(const Identity& identity,
                              Action action,
                              std::string_view channel,
                              bool is_subscribed = false) const;

  static bool is_private(std::string_view channel) { return channel.starts_with('$'); }
  const ChannelRules& rules() const { return rules_; }

 private:
  std::unexpected<Denial> refuse(const Denial& denial) const;
  std::expected<TokenClaims, Denial> read(std::string_view token, std::int64_t now_ms) const;

  ChannelRules rules_;
  std::shared_ptr<const TokenKeyring> keyring_;
  const ChannelFence* fence_ = nullptr;
  DenialCounters* counters_ = nullptr;
};

}  // namespace duplex::realtime
