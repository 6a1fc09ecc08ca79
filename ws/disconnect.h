// Why the server ends a realtime connection: close codes and reasons, Centrifugo's.
//
// SDKs reconnect after 3000 to 3499 and give up after 3500 to 3999.
#pragma once

#include "ws/frame.h"

#include <string_view>

namespace duplex::ws {

struct Disconnect {
  CloseCode code = 0;
  std::string_view reason;
};

// Do clients take this code for the last word?
constexpr bool is_final(CloseCode code) {
  return (code >= 3500 && code <= 3999) || (code >= 4500 && code <= 4999);
}

namespace disconnects {

inline constexpr Disconnect shutdown{3001, "shutdown"};
inline constexpr Disconnect expired{3005, "connection expired"};
inline constexpr Disconnect slow{3008, "slow"};
inline constexpr Disconnect no_pong{3012, "no pong"};
inline constexpr Disconnect too_many_requests{3013, "too many requests"};
inline constexpr Disconnect invalid_token{3500, "invalid token"};
inline constexpr Disconnect bad_request{3501, "bad request"};
inline constexpr Disconnect stale{3502, "stale"};
inline constexpr Disconnect force{3503, "force disconnect"};
inline constexpr Disconnect connection_limit{3504, "connection limit"};

}  // namespace disconnects

}  // namespace duplex::ws
