// How payloads become JSON.
#include "ws/json_push.h"

#include "ws/base64.h"
#include "ws/frame_writer.h"
#include "ws/json_text.h"
#include "ws/utf8.h"

#include <string_view>

namespace duplex::ws {

std::string encode_push(const pubsub::Message& message) {
  const std::string_view payload = message.payload();
  std::string text;
  text.reserve(payload.size() + message.channel().size() + 64);
  text += R"({"push":{"channel":)";
  append_json_string(text, message.channel());
  text += R"(,"pub":{"data":)";
  if (is_json(payload)) {
    append_json_in_one_line(text, payload);
  } else if (is_utf8(payload)) {
    append_json_string(text, payload);
  } else {
    append_json_string(text, base64(payload));
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
