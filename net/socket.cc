// The states of a socket, between its owner, its loop and the back end.
#include "net/socket.h"

#include "base/assert.h"
#include "net/event_loop.h"
#include "net/socket_address.h"

#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace duplex::net {

Socket::Socket(EventLoop& loop, int connected_fd, SocketHandler& handler)
    : Transfer(connected_fd), loop_(loop), handler_(&handler) {}

Socket::~Socket() {
  ::close(fd);
}

void Socket::add_to_dirty() {
  dirty_ = true;
  loop_.dirty_.push_back(this);
}

void Socket::hold(bool held) {
  held_ = held;
  // Also when nothing is queued: a close may wait for the release.
  if (!held) mark_dirty();
}

void Socket::notify_when_drained(std::size_t low_water_bytes) {
  drain_mark_ = low_water_bytes;
  check_drain_mark();
}

void Socket::check_drain_mark() {
  if (!drain_mark_ || output.size() > *drain_mark_ || drained_queued_) return;
  drained_queued_ = true;
  loop_.drained_.push_back(this);
}

void Socket::deliver_drained() {
  drained_queued_ = false;
  if (closing_ || !drain_mark_ || output.size() > *drain_mark_) return;
  drain_mark_.reset();
  handler_->on_drained();
}

void Socket::pause_receive() {
  if (paused_) return;
  paused_ = true;
  if (!closing_ && !end_of_input_) loop_.backend().stop_receiving(*this);
}

void Socket::resume_receive() {
  if (!paused_) return;
  paused_ = false;
  if (closing_) return;
  if (!end_of_input_) loop_.backend().receive(*this);
  if (!kept_input_.empty() || (end_of_input_ && !end_of_input_told_)) queue_kept_input();
}

void Socket::unread(std::span<const char> bytes) {
  if (bytes.empty()) return;
  base::Buffer input;
  input.append({bytes.data(), bytes.size()});
  input.append(kept_input_.view());
  kept_input_ = std::move(input);
  queue_kept_input();
}

void Socket::set_handler(SocketHandler& handler) {
  handler_ = &handler;
  if (!end_of_input_told_) return;
  end_of_input_told_ = false;
  queue_kept_input();
}

void Socket::queue_kept_input() {
  if (kept_input_queued_) return;
  kept_input_queued_ = true;
  loop_.with_kept_input_.push_back(this);
}

void Socket::deliver_kept_input() {
  kept_input_queued_ = false;
  if (paused_) return;  // resume_receive() queues again
  if (!kept_input_.empty() && !closing_ && !close_after_flush_) {
    const base::Buffer input = std::move(kept_input_);
    handler_->on_data({input.data(), input.size()});
  }
  if (end_of_input_ && !end_of_input_told_ && !paused_ && kept_input_.empty()) tell_end_of_input();
}

void Socket::received(std::span<const char> bytes) {
  bytes_received_ += bytes.size();
  loop_.add_bytes_received(bytes.size());
  if (closing_) return;
  if (close_after_flush_) {
    loop_.backend().stop_receiving(*this);
    return;
  }
  if (paused_ || !kept_input_.empty()) {
    kept_input_.append({bytes.data(), bytes.size()});
    return;
  }
  handler_->on_data(bytes);
}

void Socket::input_ended() {
  end_of_input_ = true;
  if (!paused_ && kept_input_.empty()) tell_end_of_input();
}

void Socket::tell_end_of_input() {
  end_of_input_told_ = true;
  if (closing_ || close_after_flush_ || handler_->on_end_of_input() || closing_) return;
  if (close_after_flush_) return;
  close_after_flush();
  reason_ = CloseReason::peer_closed;
}

void Socket::failed(int error) {
  if (closing_) return;
  error_ = error;
  begin_close(CloseReason::lost);
}

void Socket::sent(std::size_t bytes) {
  output.consume(bytes);
  bytes_sent_ += bytes;
  loop_.add_bytes_sent(bytes);
  if (closing_) return;
  check_drain_mark();
  if (!output.empty() || close_after_flush_ || shutdown_after_flush_) mark_dirty();
}

void Socket::flush() {
  dirty_ = false;
  if (closing_ || held_ || sending != Sending::none) return;
  if (!output.empty()) {
    completion_wanted = close_after_flush_ || shutdown_after_flush_ || drain_mark_.has_value();
    loop_.backend().send(*this);
    return;
  }
  if (shutdown_after_flush_) {
    shutdown_after_flush_ = false;
    ::shutdown(fd, SHUT_WR);
  }
  if (close_after_flush_) begin_close(reason_);
}

void Socket::close_after_flush() {
  if (closing_ || close_after_flush_) return;
  close_after_flush_ = true;
  reason_ = CloseReason::closed_here;
  mark_dirty();
}

void Socket::shutdown_after_flush() {
  if (closing_) return;
  shutdown_after_flush_ = true;
  mark_dirty();
}

void Socket::close_now() {
  if (!closing_) begin_close(CloseReason::closed_here);
}

void Socket::begin_close(CloseReason reason) {
  DUPLEX_DCHECK(!closing_);
  closing_ = true;
  reason_ = reason;
  loop_.closing_.push_back(this);
}

void Socket::deliver_closed() {
  SocketHandler& handler = *std::exchange(handler_, nullptr);
  handler.on_closed(reason_);
  loop_.backend().abandon(*this);
}

bool Socket::may_be_freed() const {
  return under_way == 0 && sending == Sending::none && !dirty_ && !kept_input_queued_ &&
         !drained_queued_;
}

std::string Socket::peer_address() const {
  return peer_address_of(fd);
}

std::string Socket::local_address() const {
  return local_address_of(fd);
}

bool Socket::is_unix() const {
  return is_unix_socket(fd);
}

}  // namespace duplex::net
