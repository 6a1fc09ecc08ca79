// Who a browser's connection is, as its token says.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// What may be done with a channel.
enum class Action : std::uint8_t { subscribe, publish, history, presence };

// One entry of a token's `caps`: these actions on the channels that match one of the patterns.
struct Capability {
  std::vector<std::string> patterns{};  // `{sub}` already replaced by the user
  bool is_exact = false;                // the patterns are names; otherwise globs
  std::uint8_t actions = 0;             // bits 1 << Action

  bool matches(std::string_view channel) const;
  bool allows(Action action) const { return (actions >> static_cast<unsigned>(action) & 1u) != 0; }
};

// Immutable once made; shared by a connection and everything it subscribes to.
struct Identity {
  std::string user{};  // the token's `sub`; empty: anonymous
  std::string info{};  // JSON that goes with what the client publishes, or empty
  std::vector<Capability> capabilities{};
  std::vector<std::string> channels{};  // subscribed by the server when the client connects
  std::string token_id{};               // `jti`, or empty
  std::int64_t issued_s = 0;            // seconds since 1970; 0: not said
  std::int64_t expires_s = 0;           // seconds since 1970; 0: never
  bool has_token = false;               // false: anonymous

  bool is_anonymous() const { return !has_token; }
};

}  // namespace duplex::realtime
