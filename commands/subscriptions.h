// What a client is subscribed to, as a whole.
#pragma once

#include "commands/client.h"
#include "pubsub/loop_subscribers.h"

namespace duplex::commands {

// Ends all subscriptions of the client. Thread: the client's loop.
void unsubscribe_all(Client& client, pubsub::LoopSubscribers& subscribers);

// Publishes the numbers of subscriptions for CLIENT LIST; after each change.
void note_subscription_counts(Client& client);

}  // namespace duplex::commands
