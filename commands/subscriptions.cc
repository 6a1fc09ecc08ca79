// What a client is subscribed to, as a whole.
#include "commands/subscriptions.h"

#include <string>

namespace duplex::commands {

void note_subscription_counts(Client& client) {
  client.channels_count.store(static_cast<std::uint32_t>(client.channels.size()),
                              std::memory_order_relaxed);
  client.patterns_count.store(static_cast<std::uint32_t>(client.patterns.size()),
                              std::memory_order_relaxed);
  client.shard_channels_count.store(static_cast<std::uint32_t>(client.shard_channels.size()),
                                    std::memory_order_relaxed);
}

void unsubscribe_all(Client& client, pubsub::LoopSubscribers& subscribers) {
  if (client.subscriber == nullptr) return;
  const auto drop = [&](auto& names, pubsub::Kind kind) {
    for (const std::string& name : names)
      subscribers.unsubscribe(*client.subscriber, kind, name);
    names.clear();
  };
  drop(client.channels, pubsub::Kind::channel);
  drop(client.patterns, pubsub::Kind::pattern);
  drop(client.shard_channels, pubsub::Kind::shard);
  note_subscription_counts(client);
}

}  // namespace duplex::commands
