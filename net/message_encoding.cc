// Published messages as RESP subscribers get them.
#include "net/message_encoding.h"

#include "base/buffer.h"

namespace duplex::net {

std::string encode_message(const pubsub::Message& message,
                           std::string_view pattern,
                           resp::Protocol protocol) {
  base::Buffer out;
  resp::ReplyWriter writer(out, protocol);
  if (message.kind() == pubsub::Kind::monitor) {
    writer.status(message.payload());
    return std::string(out.view());
  }
  if (pattern.empty()) {
    writer.push(3);
    writer.bulk(message.kind() == pubsub::Kind::shard ? "smessage" : "message");
  } else {
    writer.push(4);
    writer.bulk("pmessage");
    writer.bulk(pattern);
  }
  writer.bulk(message.channel());
  writer.bulk(message.payload());
  return std::string(out.view());
}

base::SharedBytes encoded_flush(resp::Protocol protocol) {
  base::Buffer out;
  resp::ReplyWriter(out, protocol).null();
  return std::make_shared<const std::string>(out.view());
}

}  // namespace duplex::net
