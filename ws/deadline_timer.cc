// Arming the timer for the earliest deadline.
#include "ws/deadline_timer.h"

#include "base/clock.h"

#include <algorithm>
#include <chrono>

namespace duplex::ws {

DeadlineTimer::DeadlineTimer(net::EventLoop& loop,
                             const Deadlines::Durations& durations_ms,
                             std::int64_t granularity_ms)
    : loop_(loop), deadlines_(durations_ms, granularity_ms) {}

DeadlineTimer::~DeadlineTimer() {
  loop_.cancel(timer_);
}

std::int64_t DeadlineTimer::now_ms() {
  return base::steady_us() / 1000;
}

void DeadlineTimer::set(Deadlined& what, DeadlineKind kind, std::int64_t from_ms) {
  deadlines_.set(what, kind, from_ms);
  arm();
}

void DeadlineTimer::arm() {
  const auto due_ms = deadlines_.next_due_ms();
  if (!due_ms || (timer_ != 0 && due_ms_ <= *due_ms)) return;
  if (timer_ != 0) loop_.cancel(timer_);
  due_ms_ = *due_ms;
  const std::int64_t delay_ms = std::max<std::int64_t>(*due_ms - now_ms(), 0);
  timer_ = loop_.after(std::chrono::milliseconds(delay_ms), [this] {
    timer_ = 0;
    deadlines_.run(now_ms());
    arm();
  });
}

}  // namespace duplex::ws
