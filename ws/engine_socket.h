// A WebSocket that carries an Engine.IO session, or wants to.
#pragma once

#include "ws/engine_session.h"
#include "ws/ws_session.h"

#include <memory>
#include <string>
#include <string_view>

namespace duplex::ws {

class EngineSessions;

// Thread: confined to its loop.
class EngineSocket final : public WsSession, public EngineTransport {
 public:
  // What the session's messages mean; asked only when the socket opens a session.
  using MakeApplication = std::function<std::unique_ptr<EngineApplication>(EngineSession&)>;

  // Opens a session of its own.
  EngineSocket(HttpFront& front,
               EngineSessions& sessions,
               EngineClient client,
               MakeApplication make);
  // Takes the session with this id over from polling.
  EngineSocket(HttpFront& front, EngineSessions& sessions, std::string sid);

  void begin_shutdown() override;
  void send_text(std::string_view packet) override;
  void send_frames(base::SharedBytes frames) override;
  void end(EngineEnd reason) override;

 private:
  void on_started() override;
  void on_message(bool is_text, std::string_view payload) override;
  void on_input_done() override;
  void on_open_deadline(DeadlineKind) override {}
  void on_ended() override;

  EngineSessions& sessions_;
  EngineClient client_;
  MakeApplication make_;
  const std::string sid_;  // empty: a new session
  EngineSession* session_ = nullptr;
};

}  // namespace duplex::ws
