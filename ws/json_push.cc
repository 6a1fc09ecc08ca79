// Pushes as frames.
#include "ws/json_push.h"

#include "ws/frame_writer.h"
#include "ws/json_publication.h"

#include <string_view>

namespace duplex::ws {

namespace {

std::string push_text(const pubsub::Message& message) {
  const pubsub::Publication& publication = message.publication();
  std::string text;
  text.reserve(message.payload().size() + message.channel().size() + 64);
  append_push_head(text, message.channel());
  text += ',';
  if (message.kind() == pubsub::Kind::presence) {
    text += message.payload();
  } else {
    text += R"("pub":)";
    append_publication(text,
                       {.data = message.payload(),
                        .offset = publication.offset,
                        .info = publication.info,
                        .tags = publication.tags});
  }
  text += "}}";
  return text;
}

}  // namespace

std::string encode_push(const pubsub::Message& message) {
  return encode_frame(Opcode::text, push_text(message));
}

base::SharedBytes shared_push(const pubsub::Message& message, bool deflated) {
  const auto form = deflated ? pubsub::Form::json_frame_deflated : pubsub::Form::json_frame;
  return message.encoded(form, {}, [deflated](const pubsub::Message& of, std::string_view) {
    return deflated ? encode_deflated_frame(Opcode::text, push_text(of)) : encode_push(of);
  });
}

}  // namespace duplex::ws
