// The N event loops of the server and their threads.
#pragma once

#include "net/event_loop.h"

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace duplex::net {

inline constexpr std::size_t event_loops_max = 64;

// Loops numbered 0 to size()-1, each on a thread of its own named "io-<number>".
//
// Thread: confined to its owner, except loop() and least_loaded(), which any thread may call.
// Lifetime: outlives everything that keeps a reference to one of its loops.
class EventLoopPool {
 public:
  // Requires: 1 <= loops <= event_loops_max. Throws what EventLoop throws.
  EventLoopPool(std::size_t loops, BackendChoice backend);
  // Stops and joins if that was not done.
  ~EventLoopPool();
  EventLoopPool(const EventLoopPool&) = delete;
  EventLoopPool& operator=(const EventLoopPool&) = delete;

  // Starts the threads. They block all signals, so that these reach the main thread.
  void start();
  // Asks all loops to stop. May be called from any thread, also from a loop.
  void stop();
  // Waits for all threads to end. Not from a loop.
  void join();

  std::size_t size() const { return loops_.size(); }
  EventLoop& loop(std::size_t index) { return *loops_[index]; }
  // The loop with the fewest sockets, counting those that are on their way to it.
  EventLoop& least_loaded();

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace duplex::net
