// Due times, repetition and the timer descriptor.
#include "net/timer_queue.h"

#include "base/assert.h"
#include "base/clock.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <sys/timerfd.h>
#include <unistd.h>

namespace duplex::net {

namespace {

constexpr std::int64_t us_per_ms = 1000;
constexpr std::int64_t us_per_s = 1'000'000;

int open_timer_descriptor() {
  const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) throw std::runtime_error(fmt::format("timerfd_create: {}", std::strerror(errno)));
  return fd;
}

}  // namespace

TimerQueue::TimerQueue() : Watch(open_timer_descriptor(), Mode::level) {}

TimerQueue::~TimerQueue() {
  ::close(fd);
}

TimerId TimerQueue::every(std::chrono::milliseconds interval, std::function<void()> callback) {
  DUPLEX_ASSERT(interval.count() > 0);
  return add(interval.count() * us_per_ms, interval.count() * us_per_ms, std::move(callback));
}

TimerId TimerQueue::after(std::chrono::milliseconds delay, std::function<void()> callback) {
  return add(delay.count() * us_per_ms, 0, std::move(callback));
}

TimerId TimerQueue::add(std::int64_t delay_us,
                        std::int64_t interval_us,
                        std::function<void()> callback) {
  const TimerId id = ++last_id_;
  const std::int64_t due_us = base::steady_us() + delay_us;
  timers_.emplace(Due{due_us, id}, Timer{std::move(callback), interval_us});
  due_by_id_.emplace(id, due_us);
  return id;
}

void TimerQueue::cancel(TimerId id) {
  if (id == running_) running_ = 0;
  const auto found = due_by_id_.find(id);
  if (found == due_by_id_.end()) return;
  timers_.erase(Due{found->second, id});
  due_by_id_.erase(found);
}

void TimerQueue::clear() {
  timers_.clear();
  due_by_id_.clear();
}

void TimerQueue::run_due() {
  if (!fired_) return;
  fired_ = false;
  armed_us_ = 0;
  readable_ = true;
  const std::int64_t now_us = base::steady_us();
  while (!timers_.empty() && timers_.begin()->first.first <= now_us) {
    auto node = timers_.extract(timers_.begin());
    const TimerId id = node.key().second;
    due_by_id_.erase(id);
    running_ = id;
    node.mapped().callback();
    const std::int64_t interval_us = node.mapped().interval_us;
    if (running_ == id && interval_us != 0) {
      std::int64_t due_us = node.key().first + interval_us;
      if (due_us <= now_us) due_us = now_us + interval_us;
      node.key().first = due_us;
      due_by_id_.emplace(id, due_us);
      timers_.insert(std::move(node));
    }
    running_ = 0;
  }
}

void TimerQueue::arm() {
  const std::int64_t due_us = timers_.empty() ? 0 : timers_.begin()->first.first;
  const bool nearer = due_us != 0 && (armed_us_ == 0 || due_us < armed_us_);
  if (!nearer && !readable_) return;
  // Setting the descriptor, even to nothing, also takes back that it is readable.
  itimerspec when{};
  when.it_value.tv_sec = due_us / us_per_s;
  when.it_value.tv_nsec = due_us % us_per_s * 1000;
  const int result = ::timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, nullptr);
  DUPLEX_ASSERT(result == 0);
  armed_us_ = due_us;
  readable_ = false;
}

}  // namespace duplex::net
