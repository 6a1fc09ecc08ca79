// Posting, and the one wake-up per batch.
#include "net/inbox.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace duplex::net {

namespace {
int open_event_descriptor() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::runtime_error(fmt::format("eventfd: {}", std::strerror(errno)));
  return fd;
}
}  // namespace

// The counter is never read: each write is an edge, and it cannot run full in centuries.
Inbox::Inbox() : Watch(open_event_descriptor(), Mode::edge) {}

Inbox::~Inbox() {
  ::close(fd);
}

void Inbox::post(Task task) {
  bool wake = false;
  {
    const base::MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    wake = std::exchange(asleep_, false);
  }
  if (!wake) return;
  const std::uint64_t one = 1;
  const ssize_t written = ::write(fd, &one, sizeof one);
  DUPLEX_ASSERT(written == sizeof one);
}

bool Inbox::may_sleep() {
  const base::MutexLock lock(mutex_);
  if (!tasks_.empty()) return false;
  asleep_ = true;
  return true;
}

void Inbox::take(std::vector<Task>& tasks) {
  const base::MutexLock lock(mutex_);
  asleep_ = false;
  if (tasks.empty()) {
    tasks.swap(tasks_);
    return;
  }
  std::move(tasks_.begin(), tasks_.end(), std::back_inserter(tasks));
  tasks_.clear();
}

}  // namespace duplex::net
