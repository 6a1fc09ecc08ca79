// One thread's loop: takes completions, lets handlers work, sends what they queued, waits.
#pragma once

#include "base/clock.h"
#include "net/backend.h"
#include "net/descriptor.h"
#include "net/inbox.h"
#include "net/socket.h"
#include "net/timer_queue.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace duplex::net {

class AsioHost;
class TlsContext;

// Totals of one loop. Thread: a copy.
struct LoopStatistics {
  std::uint64_t passes = 0;
  std::uint64_t busy_us = 0;          // outside of waiting
  std::uint64_t longest_pass_us = 0;  // how late an event may have been served, at worst
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t sockets = 0;
  std::uint64_t tls_handshakes = 0;
  std::uint64_t tls_handshakes_failed = 0;
};

// A loop over one back end, with an Asio io_context inside.
//
// A pass: completions (on_data) · input kept while paused, drained notices · departures · posted
// tasks · timers · Asio's handlers · on_closed · the before-flush hook · one send per dirty socket.
// The next wait submits the sends and sleeps only when nothing of this is left to do. An idle loop
// wakes for nothing but due timers.
//
// Asio: objects made with io_context() live on this loop's thread. Their descriptors and timers
// wake the loop. What Asio cannot see and this loop must be told: work posted to the io_context
// from outside of one of its handlers; so call io_context() at that time (do not keep an executor
// instead) or poll_asio_soon(). Never post to it from another thread, use post().
//
// Thread: post(), stop(), statistics(), in_loop_thread(), index(), load() and the backend texts
// from any; every(), after() and set_before_flush() also before run(); all else only on the loop's.
class EventLoop {
 public:
  struct Options {
    std::size_t index = 0;
    BackendChoice backend = BackendChoice::automatic;
  };

  // Throws std::runtime_error when the kernel refuses descriptors or the demanded back end.
  explicit EventLoop(const Options& options);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Works until stop(), then closes all sockets (CloseReason::loop_stopped) and returns. To be
  // called once.
  void run();
  // Ends run() after its current pass. Tasks posted later do not run.
  void stop();

  // Runs the task on the loop's thread in a later pass, in order of posting. Wakes the loop at most
  // once per batch. May be called under any lock. A task that never runs is destroyed with the
  // loop.
  void post(Task task);
  bool in_loop_thread() const;
  // The loop whose thread this is, or null.
  static EventLoop* current();

  // Takes a connected stream socket in blocking mode and starts to receive from it. The handler
  // stays until on_closed() or set_handler(). With `tls`, the connection begins with a handshake as
  // its server.
  Socket& add_socket(Descriptor connected, SocketHandler& handler, const TlsContext* tls = nullptr);
  // The same for a connection that has departed from another loop.
  Socket& add_socket(Departed departed, SocketHandler& handler);
  std::size_t socket_count() const { return sockets_.size(); }

  // Calls back every interval, first after one interval; a loop that was late skips what it missed.
  TimerId every(std::chrono::milliseconds interval, std::function<void()> callback);
  // Calls back once.
  TimerId after(std::chrono::milliseconds delay, std::function<void()> callback);
  // Forgets a timer; ids of timers that are over are ignored. Allowed from inside its callback.
  void cancel(TimerId id);

  // Runs once per pass when handlers are done and before anything is sent: commits the log. What it
  // appends to sockets and marks dirty leaves in the same pass.
  void set_before_flush(std::function<void()> hook) { before_flush_ = std::move(hook); }

  // Wall clock in milliseconds when it was first asked for in this pass: one value for a pass.
  std::int64_t now_ms() {
    if (now_ms_ == 0) now_ms_ = base::wall_ms();
    return now_ms_;
  }

  // The io_context of this loop; calling this makes the loop poll it in this pass or the next.
  boost::asio::io_context& io_context();
  void poll_asio_soon() { asio_work_ = true; }

  // Takes a listening source; it is freed after remove_accept_source().
  void add_accept_source(std::unique_ptr<AcceptSource> source);
  void remove_accept_source(AcceptSource& source);
  Backend& backend() { return *backend_; }

  // How many sockets this loop has or is about to get, for choosing the least loaded one.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  void announce_socket() { load_.fetch_add(1, std::memory_order_relaxed); }
  void withdraw_socket() { load_.fetch_sub(1, std::memory_order_relaxed); }

  std::size_t index() const { return index_; }
  std::string_view backend_name() const { return backend_->name(); }
  const std::string& backend_reason() const { return backend_reason_; }
  LoopStatistics statistics() const;

 private:
  friend class Socket;  // puts itself into the lists below

  void pass();
  bool has_work() const;
  void deliver_notices();
  void run_posted_tasks();
  void poll_asio();
  void deliver_closes();
  void deliver_departures();
  Socket& adopt(std::unique_ptr<Socket> socket);
  void flush_dirty();
  void free_ended();
  void shut_down();

  void add_bytes_received(std::size_t bytes);
  void add_bytes_sent(std::size_t bytes);
  void count_handshake(bool succeeded);

  const std::size_t index_;
  std::string backend_reason_;
  Inbox inbox_;
  TimerQueue timers_;
  std::unique_ptr<AsioHost> asio_;
  std::function<void()> before_flush_;

  std::vector<std::unique_ptr<Socket>> sockets_;
  std::vector<std::unique_ptr<AcceptSource>> accept_sources_;
  std::vector<AcceptSource*> ended_accept_sources_;
  std::unique_ptr<Backend> backend_;  // goes before everything that its work may point to
  // Sockets with something to do, each at most once per list.
  std::vector<Socket*> dirty_;
  std::vector<Socket*> flushing_;
  std::vector<Socket*> with_kept_input_;
  std::vector<Socket*> drained_;
  std::vector<Socket*> closing_;
  std::vector<Socket*> departing_;
  std::vector<Socket*> ended_;  // told, waiting for the kernel's last completions
  std::vector<Socket*> round_;  // scratch
  std::vector<Task> tasks_;     // scratch

  bool asio_work_ = false;
  bool stopping_ = false;
  std::int64_t now_ms_ = 0;  // 0: not asked for yet in this pass
  std::int64_t pass_begun_us_ = 0;
  std::atomic<std::size_t> load_{0};
  // Written by the loop only.
  std::atomic<std::uint64_t> passes_{0};
  std::atomic<std::uint64_t> busy_us_{0};
  std::atomic<std::uint64_t> longest_pass_us_{0};
  std::atomic<std::uint64_t> bytes_received_{0};
  std::atomic<std::uint64_t> bytes_sent_{0};
  std::atomic<std::uint64_t> socket_count_{0};
  std::atomic<std::uint64_t> tls_handshakes_{0};
  std::atomic<std::uint64_t> tls_handshakes_failed_{0};
};

}  // namespace duplex::net
