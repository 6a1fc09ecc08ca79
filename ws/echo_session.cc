// Echo, and a heartbeat of WebSocket's own pings.
#include "ws/echo_session.h"

#include "ws/disconnect.h"

namespace duplex::ws {

void EchoSession::on_started() {
  set_deadline(DeadlineKind::ping);
}

void EchoSession::on_message(bool is_text, std::string_view payload) {
  send(is_text ? Opcode::text : Opcode::binary, payload);
  set_deadline(DeadlineKind::ping);
}

void EchoSession::on_pong() {
  set_deadline(DeadlineKind::ping);
}

void EchoSession::on_open_deadline(DeadlineKind kind) {
  if (kind != DeadlineKind::ping) return close(disconnects::no_pong);
  send(Opcode::ping, {});
  set_deadline(DeadlineKind::pong);
}

}  // namespace duplex::ws
