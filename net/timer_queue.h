// The timers of one loop, behind one timer descriptor.
#pragma once

#include "net/backend.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

namespace duplex::net {

// Names a timer; never used twice. 0 is no timer.
using TimerId = std::uint64_t;

// Timers ordered by due time. The descriptor is set only when the earliest due time comes nearer or
// has fired, so that short-lived timeouts cost no system call each.
//
// Thread: confined to its loop (or, before the loop runs, to whoever sets it up).
class TimerQueue final : public Watch {
 public:
  // Throws std::runtime_error when the kernel has no descriptor left.
  TimerQueue();
  ~TimerQueue();

  TimerId every(std::chrono::milliseconds interval, std::function<void()> callback);
  TimerId after(std::chrono::milliseconds delay, std::function<void()> callback);
  void cancel(TimerId id);
  void clear();

  // Runs what is due, if the descriptor has fired.
  void run_due();
  // Sets the descriptor for the earliest timer. To be called before sleeping.
  void arm();

  void ready() override { fired_ = true; }

 private:
  using Due = std::pair<std::int64_t, TimerId>;  // steady microseconds
  struct Timer {
    std::function<void()> callback;
    std::int64_t interval_us;  // 0: once
  };

  TimerId add(std::int64_t delay_us, std::int64_t interval_us, std::function<void()> callback);

  std::map<Due, Timer> timers_;
  std::unordered_map<TimerId, std::int64_t> due_by_id_;
  TimerId last_id_ = 0;
  TimerId running_ = 0;        // the timer whose callback is running, 0 when cancelled meanwhile
  std::int64_t armed_us_ = 0;  // 0: not armed
  bool fired_ = false;
  bool readable_ = false;  // has fired and was not set since
};

}  // namespace duplex::net
