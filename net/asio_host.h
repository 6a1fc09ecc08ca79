// The io_context inside a loop, and the descriptor by which it says that it has something to do.
#pragma once

#include "net/backend.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>

namespace duplex::net {

// Asio's reactor keeps its descriptors and timers in one epoll descriptor, which the loop watches.
// Polling runs everything that is ready, what handlers post meanwhile included.
//
// Thread: confined to its loop.
class AsioHost final : public Watch {
 public:
  AsioHost();

  boost::asio::io_context& context() { return *context_; }
  bool is_ready() const { return ready_; }
  void poll() {
    ready_ = false;
    context_->poll();
  }

  void ready() override { ready_ = true; }

 private:
  explicit AsioHost(std::unique_ptr<boost::asio::io_context> context);

  std::unique_ptr<boost::asio::io_context> context_;
  // Without work an io_context stops for good as soon as it is polled.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  bool ready_ = true;  // the reactor has a first event of its own
};

}  // namespace duplex::net
