// A session that does odd things, for tests under load.
#pragma once

#include "base/random.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/socket.h"
#include "net/tls_context.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace duplex::net {

inline std::atomic<int> sessions_alive = 0;

// Answers each byte of input with a byte, by own or shared bytes, and does odd things in between.
class ErraticSession final : public SocketHandler,
                             public std::enable_shared_from_this<ErraticSession> {
 public:
  ErraticSession(EventLoop& loop, std::uint64_t seed) : loop_(loop), random_(seed) {
    ++sessions_alive;
  }
  ~ErraticSession() { --sessions_alive; }

  void start(Descriptor connected, const TlsContext* tls) {
    self_ = shared_from_this();
    socket_ = &loop_.add_socket(std::move(connected), *this, tls);
  }

 private:
  void on_data(std::span<const char> bytes) override {
    ASSERT_NE(socket_, nullptr);
    ASSERT_FALSE(socket_->is_paused());
    if (random_.below(4) == 0)
      socket_->append_shared(std::make_shared<const std::string>(bytes.data(), bytes.size()));
    else
      socket_->out().append({bytes.data(), bytes.size()});
    socket_->mark_dirty();
    switch (random_.below(40)) {
      case 0:
        socket_->close_now();
        break;
      case 1:
        socket_->close_after_flush();
        break;
      case 2:
      case 3:
        socket_->pause_receive();
        later([](Socket& socket) { socket.resume_receive(); });
        break;
      case 4:
      case 5:
        socket_->hold(true);
        later([](Socket& socket) { socket.hold(false); });
        break;
      case 6:
        socket_->notify_when_drained(random_.below(1000));
        break;
      default:
        break;
    }
  }
  bool on_end_of_input() override {
    if (random_.below(2) == 0) return false;
    socket_->close_after_flush();
    return true;
  }
  void on_drained() override { socket_->mark_dirty(); }
  void on_closed(CloseReason) override {
    ASSERT_NE(socket_, nullptr);
    socket_ = nullptr;
    self_.reset();
  }

  void later(void (*action)(Socket&)) {
    auto run = [self = shared_from_this(), action] {
      if (self->socket_ != nullptr) action(*self->socket_);
    };
    if (random_.below(2) == 0)
      loop_.post(run);
    else
      loop_.after(std::chrono::milliseconds(random_.below(3)), run);
  }

  EventLoop& loop_;
  base::Random random_;
  Socket* socket_ = nullptr;
  std::shared_ptr<ErraticSession> self_;
};

// `tls`: null for plain text.
inline SessionFactory erratic_factory(std::uint64_t seed,
                                      std::shared_ptr<const TlsContext> tls = nullptr) {
  auto next = std::make_shared<std::atomic<std::uint64_t>>(seed);
  return [next, tls](EventLoop& loop, Descriptor connected) {
    std::make_shared<ErraticSession>(loop, (*next)++)->start(std::move(connected), tls.get());
  };
}

}  // namespace duplex::net
