// Reads, writes and the end of a Stream's connection.
#include "net/stream_state.h"

#include "base/assert.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

namespace duplex::net {

namespace {

namespace asio = boost::asio;

// How long an orderly end may take: until our last bytes have left, and until the peer closes too.
constexpr std::chrono::seconds flush_limit{30};
constexpr std::chrono::seconds linger_limit{1};

// Completes on the handler's own executor, but never inside the call that made it possible.
template <typename Handler, typename... Args>
void post_completion(EventLoop& loop, Handler handler, Args... args) {
  const auto own = loop.io_context().get_executor();
  asio::post(own, [own, handler = std::move(handler), args...]() mutable {
    const auto executor = asio::get_associated_executor(handler, own);
    asio::dispatch(executor, [handler = std::move(handler), args...]() mutable {
      std::move(handler)(args...);
    });
  });
}

// Moves a pending handler out. (This Asio's type has no working move assignment.)
template <typename Handler>
Handler taken(std::optional<Handler>& pending) {
  Handler handler(std::move(*pending));
  pending.reset();
  if (auto slot = handler.get_cancellation_slot(); slot.is_connected()) slot.clear();
  return handler;
}

}  // namespace

void StreamState::open(Descriptor connected, const TlsContext* tls) {
  socket_ = &loop_.add_socket(std::move(connected), *this, tls);
  self_ = shared_from_this();
}

void StreamState::open(Departed departed) {
  socket_ = &loop_.add_socket(std::move(departed), *this);
  self_ = shared_from_this();
}

void StreamState::depart(Socket::DepartureDone done) {
  DUPLEX_ASSERT(!read_);
  DUPLEX_ASSERT(!write_);
  if (!usable()) return done(std::nullopt);
  Socket* socket = std::exchange(socket_, nullptr);
  closed_ = true;
  self_.reset();
  socket->depart([done = std::move(done),
                  read_ahead = std::move(unread_)](std::optional<Departed> departed) mutable {
    if (departed) departed->input.insert(0, read_ahead.view());
    done(std::move(departed));
  });
}

Socket* StreamState::release(SocketHandler& successor) {
  DUPLEX_ASSERT(!read_);
  DUPLEX_ASSERT(!write_);
  if (!usable()) return nullptr;
  Socket* socket = std::exchange(socket_, nullptr);
  socket->set_handler(successor);
  socket->unread({unread_.data(), unread_.size()});
  socket->resume_receive();
  unread_.release();
  closed_ = true;
  self_.reset();
  return socket;
}

void StreamState::close() {
  if (closed_) return;
  closed_ = true;
  on_ended_ = nullptr;
  abort_operations(asio::error::operation_aborted);
  unread_.release();
  if (socket_ != nullptr) socket_->close_now();
}

void StreamState::shut_down(std::optional<EndHandler> handler) {
  if (!usable()) {
    if (handler) post_completion(loop_, taken(handler), ErrorCode());
    return;
  }
  abort_operations(asio::error::operation_aborted);
  shutting_down_ = true;
  if (handler) end_.emplace(taken(handler));
  unread_.release();
  limit_ = loop_.after(flush_limit, [this] { socket_->close_now(); });
  if (ended_) {
    socket_->close_after_flush();
    return;
  }
  socket_->resume_receive();
  socket_->shutdown_after_flush();
  socket_->notify_when_drained(0);
}

void StreamState::start_read(const Stream::ReadBuffers& buffers, Handler handler) {
  DUPLEX_ASSERT(!read_);
  read_buffers_ = buffers;
  read_.emplace(std::move(handler));
  if (closed_ || shutting_down_) return finish_read(asio::error::operation_aborted, 0);
  if (!unread_.empty() || asio::buffer_size(read_buffers_.list) == 0) {
    const std::size_t bytes = fill({unread_.data(), unread_.size()});
    unread_.consume(bytes);
    if (unread_.empty()) {
      unread_.release();
      if (usable()) socket_->resume_receive();
    }
    return finish_read(ErrorCode(), bytes);
  }
  if (ended_ || !usable()) return finish_read(end_of_reading(), 0);
  if (auto slot = read_->get_cancellation_slot(); slot.is_connected())
    slot.assign([this](asio::cancellation_type) {
      if (read_) finish_read(asio::error::operation_aborted, 0);
    });
}

void StreamState::start_write(std::size_t bytes, Handler handler) {
  DUPLEX_ASSERT(!write_);
  write_.emplace(std::move(handler));
  write_bytes_ = bytes;
  if (!usable()) {
    write_bytes_ = 0;
    return finish_write(closed_ || shutting_down_ ? asio::error::operation_aborted
                                                  : asio::error::broken_pipe);
  }
  socket_->mark_dirty();
  if (socket_->pending_output_bytes() <= stream_queue_bytes_max) return finish_write(ErrorCode());
  socket_->notify_when_drained(stream_queue_bytes_max / 2);
  if (auto slot = write_->get_cancellation_slot(); slot.is_connected())
    slot.assign([this](asio::cancellation_type) {
      // The bytes are in the queue and will leave; only the waiting for room ends.
      if (write_) finish_write(ErrorCode());
    });
}

void StreamState::notify_when_ended(std::function<void()> callback) {
  on_ended_ = std::move(callback);
  if (ended_ || !usable()) tell_ended();
}

void StreamState::on_data(std::span<const char> bytes) {
  if (closed_ || shutting_down_) return;
  if (read_) {
    const std::size_t taken_bytes = fill(bytes);
    bytes = bytes.subspan(taken_bytes);
    finish_read(ErrorCode(), taken_bytes);
  }
  if (bytes.empty()) return;
  unread_.append({bytes.data(), bytes.size()});
  if (unread_.size() > stream_unread_bytes_max) socket_->pause_receive();
}

bool StreamState::on_end_of_input() {
  ended_ = true;
  if (shutting_down_) socket_->close_after_flush();
  if (read_) finish_read(end_of_reading(), 0);
  tell_ended();
  return true;
}

void StreamState::on_drained() {
  if (shutting_down_) {
    // Our last words are the kernel's; now the peer has a moment to read them and close.
    loop_.cancel(limit_);
    limit_ = loop_.after(linger_limit, [this] { socket_->close_now(); });
    return;
  }
  if (write_) finish_write(ErrorCode());
}

void StreamState::on_closed(CloseReason reason) {
  const std::shared_ptr<StreamState> alive = std::exchange(self_, nullptr);
  if (reason == CloseReason::lost) lost_.assign(socket_->error(), boost::system::system_category());
  socket_ = nullptr;
  loop_.cancel(limit_);
  abort_operations(reason == CloseReason::lost ? lost_ : asio::error::operation_aborted);
  tell_ended();
  if (end_) post_completion(loop_, taken(end_), ErrorCode());
}

std::size_t StreamState::fill(std::span<const char> bytes) {
  return asio::buffer_copy(read_buffers_.list, asio::buffer(bytes.data(), bytes.size()));
}

void StreamState::finish_read(ErrorCode ec, std::size_t bytes) {
  read_buffers_ = {};
  post_completion(loop_, taken(read_), ec, bytes);
}

void StreamState::finish_write(ErrorCode ec) {
  post_completion(loop_, taken(write_), ec, ec ? std::size_t{0} : write_bytes_);
}

void StreamState::tell_ended() {
  if (!on_ended_) return;
  asio::post(loop_.io_context(), std::exchange(on_ended_, nullptr));
}

StreamState::ErrorCode StreamState::end_of_reading() const {
  if (lost_) return lost_;
  if (ended_) return asio::error::eof;
  return asio::error::operation_aborted;
}

void StreamState::abort_operations(ErrorCode ec) {
  if (read_) finish_read(ec, 0);
  if (write_) finish_write(ec);
}

}  // namespace duplex::net
