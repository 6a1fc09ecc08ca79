// Starting, stopping and choosing among the loops.
#include "net/event_loop_pool.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <pthread.h>
#include <signal.h>

namespace duplex::net {

EventLoopPool::EventLoopPool(std::size_t loops, BackendChoice backend) {
  DUPLEX_ASSERT(loops >= 1);
  DUPLEX_ASSERT(loops <= event_loops_max);
  for (std::size_t i = 0; i < loops; ++i)
    loops_.push_back(
        std::make_unique<EventLoop>(EventLoop::Options{.index = i, .backend = backend}));
}

EventLoopPool::~EventLoopPool() {
  stop();
  join();
}

void EventLoopPool::start() {
  // A thread inherits the mask of the one that starts it.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  for (const auto& loop : loops_) {
    auto& thread = threads_.emplace_back([&loop = *loop] { loop.run(); });
    const std::string name = fmt::format("io-{}", loop->index());
    ::pthread_setname_np(thread.native_handle(), name.c_str());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void EventLoopPool::stop() {
  for (const auto& loop : loops_)
    loop->stop();
}

void EventLoopPool::join() {
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
}

EventLoop& EventLoopPool::least_loaded() {
  const auto least = std::ranges::min_element(
      loops_, {}, [](const std::unique_ptr<EventLoop>& loop) { return loop->load(); });
  return **least;
}

}  // namespace duplex::net
