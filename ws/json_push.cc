// Pushes as frames.
#include "ws/json_push.h"

#include "ws/frame_writer.h"
#include "ws/json_publication.h"

#include <string_view>

namespace duplex::ws {

std::string encode_push(const pubsub::Message& message) {
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
  return encode_frame(Opcode::text, text);
}

base::SharedBytes shared_push(const pubsub::Message& message) {
  return message.encoded(
      pubsub::Form::json_frame, {}, [](const pubsub::Message& of, std::string_view) {
        return encode_push(of);
      });
}

}  // namespace duplex::ws
