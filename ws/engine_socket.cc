// Frames to the session and back.
#include "ws/engine_socket.h"

#include "ws/engine_sessions.h"
#include "ws/http_front.h"

#include <utility>

namespace duplex::ws {

namespace {

FrameLimits limits_of(const EngineSessions& sessions) {
  return {.message_bytes_max = sessions.options().payload_bytes_max};
}

constexpr Disconnect ended{close_codes::normal, {}};

}  // namespace

EngineSocket::EngineSocket(HttpFront& front,
                           EngineSessions& sessions,
                           EngineClient client,
                           MakeApplication make)
    : WsSession(front, limits_of(sessions)),
      sessions_(sessions),
      client_(std::move(client)),
      make_(std::move(make)) {}

EngineSocket::EngineSocket(HttpFront& front, EngineSessions& sessions, std::string sid)
    : WsSession(front, limits_of(sessions)), sessions_(sessions), sid_(std::move(sid)) {}

void EngineSocket::on_started() {
  if (sid_.empty()) {
    session_ = sessions_.add(std::move(client_));
    if (session_ == nullptr) return close(ended);
    session_->open_socket(make_(*session_), *this);
    make_ = nullptr;
  } else {
    EngineSession* session = sessions_.find(sid_);
    if (session == nullptr || !session->probe(*this)) return close(ended);
    session_ = session;
  }
}

void EngineSocket::on_message(bool is_text, std::string_view payload) {
  if (session_ != nullptr) session_->receive(*this, is_text, payload);
}

// What was published goes out after the replies.
void EngineSocket::on_input_done() {
  front().subscribers().deliver_waiting();
}

void EngineSocket::begin_shutdown() {
  if (session_ != nullptr) return session_->close(EngineEnd::shutting_down);
  close(disconnects::shutdown);
}

void EngineSocket::send_text(std::string_view packet) {
  send(Opcode::text, packet);
}

void EngineSocket::send_frames(base::SharedBytes frames) {
  send_shared(std::move(frames));
}

void EngineSocket::end(EngineEnd reason) {
  session_ = nullptr;
  close(reason == EngineEnd::shutting_down ? disconnects::shutdown : ended);
}

void EngineSocket::on_ended() {
  if (session_ != nullptr) std::exchange(session_, nullptr)->transport_ended(*this);
}

}  // namespace duplex::ws
