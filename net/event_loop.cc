// The passes of a loop.
#include "net/event_loop.h"

#include "base/assert.h"
#include "base/clock.h"
#include "net/asio_host.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace duplex::net {

namespace {

thread_local EventLoop* current_loop = nullptr;

// Only the loop writes its counters, so a load and a store are enough.
void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

EventLoop::EventLoop(const Options& options)
    : index_(options.index), asio_(std::make_unique<AsioHost>()) {
  ChosenBackend chosen = choose_backend(options.backend);
  if (chosen.backend == nullptr) throw std::runtime_error(chosen.reason);
  backend_ = std::move(chosen.backend);
  backend_reason_ = std::move(chosen.reason);
}

EventLoop::~EventLoop() {
  // Tasks and callbacks may hold objects that need the io_context to go.
  inbox_.take(tasks_);
  tasks_.clear();
  timers_.clear();
  before_flush_ = nullptr;
}

EventLoop* EventLoop::current() {
  return current_loop;
}

bool EventLoop::in_loop_thread() const {
  return current_loop == this;
}

void EventLoop::run() {
  current_loop = this;
  backend_->start();
  backend_->watch(inbox_);
  backend_->watch(timers_);
  backend_->watch(*asio_);
  while (!stopping_)
    pass();
  shut_down();
  current_loop = nullptr;
}

void EventLoop::stop() {
  post([this] { stopping_ = true; });
}

void EventLoop::post(Task task) {
  inbox_.post(std::move(task));
}

bool EventLoop::has_work() const {
  return !dirty_.empty() || !closing_.empty() || !with_kept_input_.empty() || !drained_.empty() ||
         asio_work_ || asio_->is_ready() ||
         std::ranges::any_of(departing_, [](const Socket* socket) { return socket->may_depart(); });
}

void EventLoop::pass() {
  timers_.arm();
  const bool may_block = !has_work() && inbox_.may_sleep();
  const std::int64_t begun_us = pass_begun_us_;
  if (begun_us != 0) {
    const auto busy_us = static_cast<std::uint64_t>(base::steady_us() - begun_us);
    add(busy_us_, busy_us);
    if (busy_us > longest_pass_us_.load(std::memory_order_relaxed))
      longest_pass_us_.store(busy_us, std::memory_order_relaxed);
  }
  now_ms_ = 0;
  backend_->wait(may_block);
  pass_begun_us_ = base::steady_us();
  add(passes_, 1);

  deliver_notices();
  // Before tasks bring new connections: one that has ended no longer counts against maxclients.
  deliver_closes();
  deliver_departures();
  run_posted_tasks();
  timers_.run_due();
  poll_asio();
  deliver_closes();
  if (before_flush_) before_flush_();
  flush_dirty();
  free_ended();
}

void EventLoop::deliver_notices() {
  round_.swap(with_kept_input_);
  for (Socket* socket : round_)
    socket->deliver_kept_input();
  round_.clear();
  round_.swap(drained_);
  for (Socket* socket : round_)
    socket->deliver_drained();
  round_.clear();
}

void EventLoop::run_posted_tasks() {
  inbox_.take(tasks_);
  for (Task& task : tasks_)
    task();
  tasks_.clear();
}

void EventLoop::poll_asio() {
  if (!asio_work_ && !asio_->is_ready()) return;
  asio_->poll();
  // What handlers posted has run too; only what comes after this needs another poll.
  asio_work_ = false;
}

void EventLoop::deliver_closes() {
  // A handler may close further sockets.
  for (std::size_t i = 0; i < closing_.size(); ++i) {
    Socket* socket = closing_[i];
    socket->deliver_closed();
    ended_.push_back(socket);
  }
  closing_.clear();
}

void EventLoop::deliver_departures() {
  if (departing_.empty()) return;
  round_.swap(departing_);
  for (Socket* socket : round_) {
    if (socket->closing_) continue;
    if (!socket->may_depart()) {
      departing_.push_back(socket);
      continue;
    }
    socket->finish_departure();
    if (socket->handler_ == nullptr) ended_.push_back(socket);
  }
  round_.clear();
}

void EventLoop::flush_dirty() {
  if (dirty_.empty()) return;
  // Marks that sending makes (more to send, a close) belong to the next pass, after its commit.
  const std::size_t count = std::min(dirty_.size(), backend_->sends_left());
  flushing_.assign(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(count));
  dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(count));
  for (Socket* socket : flushing_)
    socket->flush();
  flushing_.clear();
}

void EventLoop::free_ended() {
  std::erase_if(ended_, [this](Socket* socket) {
    if (!socket->may_be_freed()) return false;
    const std::size_t place = socket->index_;
    if (place + 1 != sockets_.size()) {
      std::swap(sockets_[place], sockets_.back());
      sockets_[place]->index_ = place;
    }
    sockets_.pop_back();
    withdraw_socket();
    return true;
  });
  std::erase_if(ended_accept_sources_, [this](AcceptSource* source) {
    if (source->under_way != 0) return false;
    std::erase_if(accept_sources_, [&](const auto& owned) { return owned.get() == source; });
    return true;
  });
  socket_count_.store(sockets_.size(), std::memory_order_relaxed);
}

Socket& EventLoop::add_socket(Descriptor connected, SocketHandler& handler, const TlsContext* tls) {
  return adopt(std::make_unique<Socket>(*this, connected.release(), handler, tls));
}

Socket& EventLoop::add_socket(Departed departed, SocketHandler& handler) {
  return adopt(std::make_unique<Socket>(*this, std::move(departed), handler));
}

Socket& EventLoop::adopt(std::unique_ptr<Socket> added) {
  DUPLEX_ASSERT(in_loop_thread());
  sockets_.push_back(std::move(added));
  Socket& socket = *sockets_.back();
  socket.index_ = sockets_.size() - 1;
  announce_socket();
  backend_->receive(socket);
  if (stopping_) socket.begin_close(CloseReason::loop_stopped);
  return socket;
}

TimerId EventLoop::every(std::chrono::milliseconds interval, std::function<void()> callback) {
  return timers_.every(interval, std::move(callback));
}

TimerId EventLoop::after(std::chrono::milliseconds delay, std::function<void()> callback) {
  return timers_.after(delay, std::move(callback));
}

void EventLoop::cancel(TimerId id) {
  timers_.cancel(id);
}

boost::asio::io_context& EventLoop::io_context() {
  asio_work_ = true;
  return asio_->context();
}

void EventLoop::add_accept_source(std::unique_ptr<AcceptSource> source) {
  AcceptSource& added = *source;
  accept_sources_.push_back(std::move(source));
  backend_->accept(added);
}

void EventLoop::remove_accept_source(AcceptSource& source) {
  // The loop's end may have removed it already; only the address is looked at.
  const bool known = std::ranges::any_of(accept_sources_,
                                         [&](const auto& owned) { return owned.get() == &source; });
  if (!known || std::ranges::find(ended_accept_sources_, &source) != ended_accept_sources_.end())
    return;
  backend_->stop_accepting(source);
  ended_accept_sources_.push_back(&source);
}

void EventLoop::shut_down() {
  for (const auto& source : accept_sources_)
    remove_accept_source(*source);
  for (const auto& socket : sockets_)
    if (!socket->closing_) socket->begin_close(CloseReason::loop_stopped);
  // A back end without work under way would not wake a pass that waits for it.
  free_ended();
  while (!sockets_.empty() || !accept_sources_.empty())
    pass();
  asio_->poll();
}

LoopStatistics EventLoop::statistics() const {
  return {
      .passes = passes_.load(std::memory_order_relaxed),
      .busy_us = busy_us_.load(std::memory_order_relaxed),
      .longest_pass_us = longest_pass_us_.load(std::memory_order_relaxed),
      .bytes_received = bytes_received_.load(std::memory_order_relaxed),
      .bytes_sent = bytes_sent_.load(std::memory_order_relaxed),
      .sockets = socket_count_.load(std::memory_order_relaxed),
      .tls_handshakes = tls_handshakes_.load(std::memory_order_relaxed),
      .tls_handshakes_failed = tls_handshakes_failed_.load(std::memory_order_relaxed),
  };
}

void EventLoop::add_bytes_received(std::size_t bytes) {
  add(bytes_received_, bytes);
}

void EventLoop::add_bytes_sent(std::size_t bytes) {
  add(bytes_sent_, bytes);
}

void EventLoop::count_handshake(bool succeeded) {
  add(succeeded ? tls_handshakes_ : tls_handshakes_failed_, 1);
}

}  // namespace duplex::net
