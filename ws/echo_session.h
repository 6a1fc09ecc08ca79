// The conformance endpoint: sends every message back as it came.
#pragma once

#include "ws/ws_session.h"

#include <string_view>

namespace duplex::ws {

inline constexpr FrameLimits echo_limits{.message_bytes_max = std::size_t{16} << 20,
                                         .fragments_max = 65'536};

// Pings when nothing has come for an interval. Thread: confined to its loop.
class EchoSession final : public WsSession {
 public:
  EchoSession(HttpFront& front, bool deflates) : WsSession(front, echo_limits, deflates) {}

 private:
  void on_started() override;
  void on_message(bool is_text, std::string_view payload) override;
  void on_pong() override;
  void on_open_deadline(DeadlineKind kind) override;
};

}  // namespace duplex::ws
