// Tasks that other threads give to a loop, and how they wake it.
#pragma once

#include "base/mutex.h"
#include "net/backend.h"
#include "net/descriptor.h"

#include <functional>
#include <vector>

namespace duplex::net {

using Task = std::move_only_function<void()>;

// A queue with many senders and one receiver that sleeps on a descriptor. A sender writes to the
// descriptor only when the receiver sleeps and nobody has woken it yet, so a busy loop costs its
// senders no system call.
//
// Thread: post() from any (mutex_, rank leaf); the rest confined to the receiver.
class Inbox final : public Watch {
 public:
  // Throws std::runtime_error when the kernel has no descriptor left.
  Inbox();
  ~Inbox();

  void post(Task task);

  // Announces that the receiver is about to sleep; false when tasks are waiting.
  bool may_sleep();
  // Moves the waiting tasks to the end of `tasks`. The receiver is awake again.
  void take(std::vector<Task>& tasks);

  void ready() override {}

 private:
  base::Mutex mutex_{base::LockRank::leaf};
  std::vector<Task> tasks_ DUPLEX_GUARDED_BY(mutex_);
  bool asleep_ DUPLEX_GUARDED_BY(mutex_) = false;
};

}  // namespace duplex::net
