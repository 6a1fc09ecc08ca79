// Echo over whichever transport the session has.
#include "ws/engine_echo.h"

#include "ws/frame_writer.h"

#include <string>

namespace duplex::ws {

namespace {

class Echo final : public EngineApplication {
 public:
  explicit Echo(EngineSession& session) : session_(session) {}

  void on_message(bool is_text, std::string_view data) override {
    if (is_text) {
      std::string packet(1, static_cast<char>(EngineType::message));
      packet += data;
      session_.send_text(packet);
    } else {
      session_.send_frames(std::make_shared<const std::string>(encode_frame(Opcode::binary, data)));
    }
  }

 private:
  EngineSession& session_;
};

}  // namespace

std::unique_ptr<EngineApplication> EngineEcho::open(EngineSession& session, HttpFront&) {
  return std::make_unique<Echo>(session);
}

}  // namespace duplex::ws
