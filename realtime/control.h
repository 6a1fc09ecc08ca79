// What the server tells its own sessions: messages of the kind pubsub::Kind::control.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::realtime {

// The channels of these messages, which sessions subscribe to when they know who they are.
std::string control_of_user(std::string_view user);
std::string control_of_client(std::string_view client);
std::string control_of_token(std::string_view token_id);

struct Control {
  enum class What : std::uint8_t {
    disconnect,   // `number` is the code, `text` the reason
    subscribe,    // to the channel `text`
    unsubscribe,  // from it
    revoke,       // those who came with a token issued at `number` or before (seconds since 1970)
  };

  What what = What::disconnect;
  std::int64_t number = 0;
  std::string text{};

  bool operator==(const Control&) const = default;
};

std::string write_control(const Control& control);
// Nothing if it was not written by write_control().
std::optional<Control> read_control(std::string_view payload);

}  // namespace duplex::realtime
