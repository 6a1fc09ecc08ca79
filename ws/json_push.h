// A published message as browsers see it: one text frame, made once for all of them.
#pragma once

#include "base/shared_bytes.h"
#include "pubsub/message.h"

#include <string>

namespace duplex::ws {

// {"push":{"channel":…,"pub":{"data":…}}} as a WebSocket frame; docs/ws_protocol.md says what
// becomes of payloads that are not JSON.
std::string encode_push(const pubsub::Message& message);

// The same, from the message's cache; `deflated`: for those who take compressed messages.
base::SharedBytes shared_push(const pubsub::Message& message, bool deflated = false);

}  // namespace duplex::ws
