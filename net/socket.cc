// The states of a socket, between its owner, its loop and the back end.
#include "net/socket.h"

#include "base/assert.h"
#include "base/diagnostics.h"
#include "net/event_loop.h"
#include "net/socket_address.h"
#include "net/tls_context.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace duplex::net {

// Whoever departs hears only of the end.
struct Socket::Departure final : SocketHandler {
  explicit Departure(DepartureDone when_done) : done(std::move(when_done)) {}
  void on_data(std::span<const char>) override { DUPLEX_ASSERT(false); }
  void on_closed(CloseReason) override { std::exchange(done, nullptr)(std::nullopt); }

  DepartureDone done;
};

Socket::Socket(EventLoop& loop, int connected_fd, SocketHandler& handler, const TlsContext* tls)
    : Transfer(connected_fd), loop_(loop), handler_(&handler) {
  if (tls == nullptr) return;
  tls_ = std::make_unique<TlsChannel>(*tls, output);
  queue_ = &tls_->plain();
  const auto give_up = [this] {
    if (closing_) return;
    // A handshake that has failed already only waits for its last words to leave.
    if (is_shaking()) fail_handshake("the handshake took too long");
    error_ = ETIMEDOUT;
    begin_close(CloseReason::lost);
  };
  handshake_ = std::make_unique<Handshake>(loop.after(tls->handshake_limit(), give_up),
                                           peer_address_of(connected_fd));
}

Socket::Socket(EventLoop& loop, Departed departed, SocketHandler& handler)
    : Transfer(departed.descriptor.release()),
      loop_(loop),
      handler_(&handler),
      tls_(std::move(departed.tls)) {
  if (tls_ != nullptr) {
    tls_->set_wire(output);
    queue_ = &tls_->plain();
  }
  unread(departed.input);
}

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
  if (!drain_mark_ || pending_output_bytes() > *drain_mark_ || drained_queued_) return;
  drained_queued_ = true;
  loop_.drained_.push_back(this);
}

void Socket::deliver_drained() {
  drained_queued_ = false;
  if (closing_ || !drain_mark_ || pending_output_bytes() > *drain_mark_) return;
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

void Socket::depart(DepartureDone done) {
  DUPLEX_ASSERT(!closing_ && !is_shaking());
  departure_ = std::make_unique<Departure>(std::move(done));
  handler_ = departure_.get();
  pause_receive();
  loop_.departing_.push_back(this);
}

bool Socket::may_depart() const {
  return may_be_freed() && pending_output_bytes() == 0;
}

// The kernel still knows nothing of the move: the descriptor is a copy, and this one closes.
void Socket::finish_departure() {
  Descriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy.is_open()) {
    error_ = errno;
    return begin_close(CloseReason::lost);
  }
  Departed departed{std::move(copy), std::move(tls_), std::string(kept_input_.view())};
  queue_ = &output;
  closing_ = true;
  handler_ = nullptr;
  const std::unique_ptr<Departure> departure = std::move(departure_);
  departure->done(std::move(departed));
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
  // Last words have to wait for the end of the handshake: it goes on.
  if (close_after_flush_ && !is_shaking()) {
    loop_.backend().stop_receiving(*this);
    return;
  }
  if (tls_ != nullptr)
    unseal(bytes);
  else
    deliver(bytes);
}

void Socket::deliver(std::span<const char> bytes) {
  if (paused_ || !kept_input_.empty()) {
    kept_input_.append({bytes.data(), bytes.size()});
    return;
  }
  handler_->on_data(bytes);
}

void Socket::unseal(std::span<const char> sealed) {
  tls_->feed(sealed);
  char plain[tls_record_bytes_max];
  while (!closing_ && (!close_after_flush_ || is_shaking())) {
    const bool was_shaking = is_shaking();
    const std::size_t bytes = tls_->read(plain);
    if (was_shaking && !is_shaking()) end_handshake();
    if (bytes == 0) break;
    if (!close_after_flush_) deliver({plain, bytes});
  }
  if (closing_) return;
  // The protocol may have answers of its own.
  if (!output.empty()) mark_dirty();
  if (tls_->state() == TlsChannel::State::failed) return break_off();
  if (tls_->state() == TlsChannel::State::ended && !end_of_input_) {
    loop_.backend().stop_receiving(*this);
    input_ended();
  }
}

void Socket::end_handshake() {
  if (tls_->state() == TlsChannel::State::failed) return fail_handshake(tls_->error());
  forget_handshake();
  loop_.count_handshake(true);
  // What was said before can leave now.
  mark_dirty();
}

void Socket::forget_handshake() {
  if (!handshake_) return;
  loop_.cancel(handshake_->limit);
  handshake_.reset();
}

void Socket::fail_handshake(std::string_view reason) {
  loop_.count_handshake(false);
  base::log(base::LogLevel::warning,
            "Error accepting a client connection: {} (addr={} laddr={})",
            reason,
            handshake_->peer,
            local_address());
}

// Nothing can be said any more but what OpenSSL has put into the queue, an alert.
void Socket::break_off() {
  if (!handshake_)
    base::log(base::LogLevel::verbose,
              "Closing client after a TLS error: {} (addr={})",
              tls_->error(),
              peer_address());
  loop_.backend().stop_receiving(*this);
  error_ = EPROTO;
  close_after_flush_ = true;
  reason_ = CloseReason::lost;
  mark_dirty();
}

void Socket::input_ended() {
  if (is_shaking()) return failed(ECONNRESET);
  if (end_of_input_) return;
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
  // Who only looks whether the port is open has not failed.
  if (is_shaking() && bytes_received_ != 0) fail_handshake(std::strerror(error));
  error_ = error;
  begin_close(CloseReason::lost);
}

void Socket::sent(std::size_t bytes) {
  output.consume(bytes);
  bytes_sent_ += bytes;
  loop_.add_bytes_sent(bytes);
  if (closing_) return;
  check_drain_mark();
  if (pending_output_bytes() != 0 || close_after_flush_ || shutdown_after_flush_) mark_dirty();
}

void Socket::flush() {
  dirty_ = false;
  if (closing_ || held_ || sending != Sending::none) return;
  if (tls_ != nullptr) {
    tls_->seal(close_after_flush_ || shutdown_after_flush_);
    if (tls_->state() == TlsChannel::State::failed && !close_after_flush_) break_off();
  }
  if (!output.empty()) {
    completion_wanted = close_after_flush_ || shutdown_after_flush_ || drain_mark_.has_value() ||
                        pending_output_bytes() != output.size();
    loop_.backend().send(*this);
    return;
  }
  if (pending_output_bytes() != 0) return;  // until hands are shaken
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
  forget_handshake();
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
