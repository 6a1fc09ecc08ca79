// The Stream as a handle, and what Beast asks of it.
#include "net/stream.h"

#include "base/assert.h"
#include "net/event_loop.h"
#include "net/stream_state.h"

#include <boost/beast/core/error.hpp>

#include <string_view>
#include <utility>

namespace duplex::net {

Stream::Stream(EventLoop& loop, Descriptor connected, const TlsContext* tls)
    : state_(std::make_shared<StreamState>(loop)) {
  state_->open(std::move(connected), tls);
}

Stream::Stream(EventLoop& loop, Departed departed) : state_(std::make_shared<StreamState>(loop)) {
  state_->open(std::move(departed));
}

Stream::Stream(Stream&& other) noexcept = default;

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    if (state_ && !detached_) state_->close();
    state_ = std::move(other.state_);
    detached_ = other.detached_;
  }
  return *this;
}

Stream::~Stream() {
  if (state_ && !detached_) state_->close();
}

Stream::executor_type Stream::get_executor() const {
  return state_->loop().io_context().get_executor();
}

EventLoop& Stream::loop() const {
  return state_->loop();
}

bool Stream::is_open() const {
  return state_->socket() != nullptr;
}

Socket& Stream::socket() const {
  DUPLEX_ASSERT(is_open());
  return *state_->socket();
}

void Stream::close() {
  state_->close();
}

void Stream::shut_down(
    boost::asio::any_completion_handler<void(boost::system::error_code)> handler) {
  state_->shut_down(std::move(handler));
}

void Stream::shut_down_detached() {
  detached_ = true;
  state_->shut_down(std::nullopt);
}

Socket* Stream::hand_over(SocketHandler& handler) {
  return state_->release(handler);
}

void Stream::notify_when_ended(std::function<void()> callback) {
  state_->notify_when_ended(std::move(callback));
}

void Stream::depart(Socket::DepartureDone done) {
  state_->depart(std::move(done));
}

std::size_t Stream::unread_bytes() const {
  return state_->unread_bytes();
}

void Stream::start_read(const ReadBuffers& buffers, Handler handler) {
  state_->start_read(buffers, std::move(handler));
}

void Stream::start_write(std::size_t bytes, Handler handler) {
  state_->start_write(bytes, std::move(handler));
}

std::size_t Stream::append(boost::asio::const_buffer bytes) {
  Socket* socket = state_->socket();
  if (socket == nullptr) return 0;
  socket->out().append(std::string_view(static_cast<const char*>(bytes.data()), bytes.size()));
  return bytes.size();
}

void teardown(boost::beast::role_type, Stream& stream, boost::system::error_code& ec) {
  stream.close();
  ec = {};
}

void beast_close_socket(Stream& stream) {
  stream.close();
}

}  // namespace duplex::net
