// Deadlines joined to a loop: one timer for all of them.
#pragma once

#include "net/event_loop.h"
#include "net/timer_queue.h"
#include "ws/deadlines.h"

#include <cstdint>

namespace duplex::ws {

// Thread: confined to its loop. Lifetime: destroyed on its loop, or when the loop does not run.
class DeadlineTimer {
 public:
  DeadlineTimer(net::EventLoop& loop,
                const Deadlines::Durations& durations_ms,
                std::int64_t granularity_ms = 100);
  ~DeadlineTimer();
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  // Milliseconds of a clock that never jumps.
  static std::int64_t now_ms();
  // The deadline is the kind's duration after `from_ms`.
  void set(Deadlined& what, DeadlineKind kind, std::int64_t from_ms);
  void clear(Deadlined& what) { deadlines_.clear(what); }

 private:
  void arm();

  net::EventLoop& loop_;
  Deadlines deadlines_;
  net::TimerId timer_ = 0;
  std::int64_t due_ms_ = 0;
};

}  // namespace duplex::ws
