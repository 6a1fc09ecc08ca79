// Answers that a program gives: what a browser asked went to a stream or a queue, and whoever took
// it from there answers with RT.REPLY.
#pragma once

#include "pubsub/loop_subscribers.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace duplex::realtime {

// How long a program may take.
inline constexpr std::int64_t reply_timeout_ms = 5000;

// RT.REPLYERR's words, or what nobody's answer within the time is told as: 100, temporary.
struct Refusal {
  unsigned code = 0;
  std::string message;
  bool is_overdue = false;  // nobody answered
};

// JSON, or why there is none.
using Answer = std::expected<std::string, Refusal>;

// The messages that RT.REPLY and RT.REPLYERR publish: kind control, on this channel.
std::string reply_channel(std::string_view token);
std::string write_answer(const Answer& answer);
// Requires: written by write_answer().
Answer read_answer(std::string_view payload);

// The questions of one loop's sessions that are not answered yet. A token is the question's name;
// who knows it may answer, from any loop or connection.
//
// Thread: confined to its loop.
class Replies final : public pubsub::Subscriber {
 public:
  // Called on this loop, from settle(). May ask again and forget others.
  using Done = std::function<void(Answer)>;
  // Has settle() called on this loop after so many milliseconds; 0: soon, but not at once.
  using CallLater = std::function<void(std::int64_t delay_ms)>;

  Replies(pubsub::LoopSubscribers& subscribers, CallLater call_later);
  ~Replies() override;

  // Begins to wait; returns the token, 32 hexadecimal digits that nobody can guess.
  std::string expect(std::int64_t now_ms, Done done);
  // The answer is not wanted any more; unknown tokens are ignored.
  void forget(std::string_view token);
  // Hands out the answers that have come, and refuses what has waited too long.
  void settle(std::int64_t now_ms);

  std::size_t waiting() const { return waiting_.size(); }

  void deliver(const pubsub::Message& message, std::string_view pattern) override;

 private:
  struct Due {
    std::int64_t due_ms;
    std::string token;
  };

  // Ends the wait, if it has not ended before.
  void finish(const std::string& token, Answer answer);
  void arm(std::int64_t now_ms);

  pubsub::LoopSubscribers& subscribers_;
  const CallLater call_later_;
  std::unordered_map<std::string, Done> waiting_;
  std::deque<Due> due_;            // in the order of time; also of what has ended meanwhile
  std::int64_t timer_due_ms_ = 0;  // when settle() will be called for those; 0: not at all
  std::vector<std::pair<std::string, Answer>> answered_;
};

}  // namespace duplex::realtime
