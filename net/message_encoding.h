// Published messages as RESP subscribers get them.
#pragma once

#include "base/shared_bytes.h"
#include "pubsub/message.h"
#include "resp/reply_writer.h"

#include <string>
#include <string_view>

namespace duplex::net {

// "message", "pmessage" or "smessage" with its parts: an array in RESP2, a push in RESP3.
std::string encode_message(const pubsub::Message& message,
                           std::string_view pattern,
                           resp::Protocol protocol);

// What a client is told instead of keys when everything was flushed.
base::SharedBytes encoded_flush(resp::Protocol protocol);

}  // namespace duplex::net
