// How payloads become JSON.
#include "ws/json_push.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "realtime/json_text.h"
#include "ws/frame_writer.h"

#include <string_view>

namespace duplex::ws {

std::string encode_push(const pubsub::Message& message) {
  const std::string_view payload = message.payload();
  std::string text;
  text.reserve(payload.size() + message.channel().size() + 64);
  text += R"({"push":{"channel":)";
  realtime::append_json_string(text, message.channel());
  text += R"(,"pub":{"data":)";
  if (realtime::is_json(payload)) {
    realtime::append_json_in_one_line(text, payload);
  } else if (base::is_utf8(payload)) {
    realtime::append_json_string(text, payload);
  } else {
    realtime::append_json_string(text, base::base64(payload));
    text += R"(,"tags":{"encoding":"base64"})";
  }
  text += "}}}";
  return encode_frame(Opcode::text, text);
}

base::SharedBytes shared_push(const pubsub::Message& message) {
  return message.encoded(
      pubsub::Form::json_frame, {}, [](const pubsub::Message& of, std::string_view) {
        return encode_push(of);
      });
}

}  // namespace duplex::ws
