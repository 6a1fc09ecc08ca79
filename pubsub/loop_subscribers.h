// The subscribers of one loop: who of its sessions wants which channel or pattern.
#pragma once

#include "pubsub/hub.h"
#include "pubsub/message.h"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::pubsub {

// What a session implements to receive messages.
//
// Thread: confined to its loop. Must unsubscribe from everything before it ends.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // `pattern` is what matched, empty if the channel itself is subscribed. Only queues output: it
  // must not subscribe, unsubscribe or end the session before it returns.
  virtual void deliver(const Message& message, std::string_view pattern) = 0;
};

// Thread: confined to its loop.
class LoopSubscribers {
 public:
  LoopSubscribers(Hub& hub, std::size_t loop) : hub_(hub), loop_(loop) {}

  std::size_t loop() const { return loop_; }
  Hub& hub() { return hub_; }

  // Requires: the subscriber does not have this subscription yet.
  void subscribe(Subscriber& subscriber, Kind kind, std::string_view name, Seen seen = Seen::yes);
  // Requires: it has it, and it was as much seen.
  void unsubscribe(Subscriber& subscriber, Kind kind, std::string_view name, Seen seen = Seen::yes);

  // Publishes from this loop and returns the number of receivers. Receivers of this loop get the
  // message with the next deliver_waiting().
  std::size_t publish(MessagePtr message) { return hub_.publish(loop_, std::move(message)); }

  // Hands out what waits for this loop, in the hub's order.
  void deliver_waiting();

 private:
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
  };
  using Names =
      std::unordered_map<std::string, std::vector<Subscriber*>, StringHash, std::equal_to<>>;

  void deliver(const Message& message);

  Hub& hub_;
  const std::size_t loop_;
  Names names_[kinds];
};

}  // namespace duplex::pubsub
