// Which loops have subscribers of what, and the one order in which they get messages.
#pragma once

#include "base/mutex.h"
#include "pubsub/message.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace duplex::pubsub {

// Whether commands tell of a subscription: of those that the server keeps for itself they do not.
enum class Seen : std::uint8_t { yes, no };

// How the hub tells a loop that messages wait for it. Called under the hub's lock, from any thread;
// must only post.
using Wake = std::function<void()>;

// The meeting point of all loops. A publish takes the lock once, puts the shared message into the
// queue of each loop that has receivers, and wakes those loops; so every loop sees the messages of
// a channel in the same order. A loop takes its queue with take() and delivers without the lock.
//
// Thread: any (mutex_, rank hub).
class Hub {
 public:
  // Loops are numbered 0 to loops-1.
  explicit Hub(std::size_t loops);

  // To be called once per loop before it publishes or subscribes.
  void attach(std::size_t loop, Wake wake);

  // Queues the message for all loops with receivers; returns the number of receivers. The loop
  // `from` is not woken: its owner calls take() when the command is over.
  std::size_t publish(std::size_t from, MessagePtr message);

  // What waits for this loop, in order. Cheap when nothing does.
  std::vector<MessagePtr> take(std::size_t loop);
  bool has_messages(std::size_t loop) const {
    return queues_[loop].waiting.load(std::memory_order_acquire);
  }

  // One more or one fewer subscriber on this loop. What is not seen gets messages, but is in none
  // of the lists and numbers below, nor in what publish() returns.
  void subscribe(std::size_t loop, Kind kind, std::string_view name, Seen seen = Seen::yes);
  void unsubscribe(std::size_t loop, Kind kind, std::string_view name, Seen seen = Seen::yes);

  // Channels with at least one subscriber that match the glob (empty glob: all), sorted by name.
  std::vector<std::string> channels(Kind kind, std::string_view glob) const;
  std::size_t subscriber_count(Kind kind, std::string_view name) const;
  // How many receivers a message on this channel would have.
  std::size_t receiver_count(Kind kind, std::string_view channel) const;
  // How many different patterns have subscribers.
  std::size_t pattern_count() const;
  std::size_t channel_count(Kind kind) const;

 private:
  struct Counts {
    std::vector<std::uint32_t> by_loop;
    std::size_t total = 0;  // of those that are seen
    std::size_t unseen = 0;
  };
  struct Queue {
    std::vector<MessagePtr> messages;
    std::atomic<bool> waiting{false};
    Wake wake;
  };
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
  };
  using Names = std::unordered_map<std::string, Counts, StringHash, std::equal_to<>>;

  Names& names(Kind kind) DUPLEX_REQUIRES(mutex_) { return names_[static_cast<std::size_t>(kind)]; }
  const Names& names(Kind kind) const DUPLEX_REQUIRES(mutex_) {
    return names_[static_cast<std::size_t>(kind)];
  }

  const std::size_t loops_;
  mutable base::Mutex mutex_{base::LockRank::hub};
  Names names_[kinds] DUPLEX_GUARDED_BY(mutex_);
  std::size_t seen_names_[kinds] DUPLEX_GUARDED_BY(mutex_) = {};
  std::vector<Queue> queues_;                              // `messages` under mutex_
  std::vector<bool> receivers_ DUPLEX_GUARDED_BY(mutex_);  // scratch of publish()
};

}  // namespace duplex::pubsub
