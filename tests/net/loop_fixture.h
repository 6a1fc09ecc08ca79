// A running event loop under test, handlers that record, and blocking peers outside of it.
#pragma once

#include "net/descriptor.h"
#include "net/event_loop.h"
#include "net/socket.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace duplex::net {

// A value that one thread sets and another waits for; waiting too long fails the test.
template <typename T>
class Awaited {
 public:
  void set(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    changed_.notify_all();
  }
  // The value, or nothing after twenty seconds.
  std::optional<T> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [this] { return value_.has_value(); });
    EXPECT_TRUE(value_.has_value()) << "waited in vain";
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> value_;
};

// The other end of a connection, used by the test's thread. Every call fails after twenty seconds.
class Peer {
 public:
  explicit Peer(Descriptor fd);

  void send(std::string_view bytes);
  // Exactly this many bytes, fewer if the connection ends before.
  std::string receive(std::size_t bytes);
  // Everything until the end of the connection.
  std::string receive_all();
  // What recv() says when the connection is over: 0, or an errno.
  int end();
  void shut_down_sending();
  // Closes so that the other side gets a reset.
  void reset();
  void close() { fd_.close(); }
  int fd() const { return fd_.fd(); }

 private:
  Descriptor fd_;
};

Peer connect_tcp(std::uint16_t port);
Peer connect_unix(const std::string& path);

struct Pair {
  Descriptor server;
  Descriptor peer;
};
Pair unix_pair();
Pair tcp_pair();

// A handler made of functions. It deletes itself after on_closed().
class FunctionHandler final : public SocketHandler {
 public:
  std::function<void(Socket&, std::span<const char>)> data;
  std::function<bool(Socket&)> end;
  std::function<void(Socket&)> drained;
  std::function<void(Socket&, CloseReason)> closed;
  Socket* socket = nullptr;

  void on_data(std::span<const char> bytes) override {
    if (data) data(*socket, bytes);
  }
  bool on_end_of_input() override { return end ? end(*socket) : false; }
  void on_drained() override {
    if (drained) drained(*socket);
  }
  void on_closed(CloseReason reason) override {
    if (closed) closed(*socket, reason);
    delete this;
  }
};

inline void echo(Socket& socket, std::span<const char> bytes) {
  socket.out().append({bytes.data(), bytes.size()});
  socket.mark_dirty();
}

// A loop on a thread of its own.
class LoopThread {
 public:
  explicit LoopThread(BackendChoice backend);
  ~LoopThread() { stop(); }

  EventLoop& loop() { return loop_; }
  void stop();
  // Runs the task on the loop and waits until it has run.
  void run(Task task);
  // Waits until the loop has finished at least one pass that began after this call.
  void finish_pass();
  // Adds one end of the pair with this handler, made on the loop's thread.
  Socket& add(Descriptor server,
              std::unique_ptr<FunctionHandler> handler,
              const TlsContext* tls = nullptr);
  template <typename T>
  T value_of(std::function<T()> query) {
    std::optional<T> value;
    run([&] { value = query(); });
    return *value;
  }

 private:
  EventLoop loop_;
  std::thread thread_;
};

// The back ends, as parameters of tests.
inline std::string backend_name(const ::testing::TestParamInfo<BackendChoice>& parameter) {
  return parameter.param == BackendChoice::uring ? "Uring" : "Epoll";
}
inline auto both_backends() {
  return ::testing::Values(BackendChoice::uring, BackendChoice::epoll);
}

}  // namespace duplex::net
