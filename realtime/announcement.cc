// What is told about those who come to a channel and leave it.
#include "realtime/announcement.h"

#include <fmt/format.h>

#include <memory>

namespace duplex::realtime {

void announce(pubsub::LoopSubscribers& subscribers,
              std::string_view channel,
              std::string_view what,
              std::string_view who) {
  subscribers.publish(std::make_shared<const pubsub::Message>(
      pubsub::Kind::presence, channel, fmt::format(R"("{}":{{"info":{}}})", what, who)));
}

}  // namespace duplex::realtime
