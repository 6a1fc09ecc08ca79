// What is told about those who come to a channel and leave it.
#pragma once

#include "pubsub/loop_subscribers.h"

#include <string_view>

namespace duplex::realtime {

// Publishes on the channel's presence kind: `"join":{"info":…}` or `"leave":{"info":…}`, a member
// of a push. `who`: Present::json().
void announce(pubsub::LoopSubscribers& subscribers,
              std::string_view channel,
              std::string_view what,
              std::string_view who);

}  // namespace duplex::realtime
