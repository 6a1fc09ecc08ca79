// What a Stream refers to: the pending operations over one socket.
#pragma once

#include "base/buffer.h"
#include "net/event_loop.h"
#include "net/socket.h"
#include "net/stream.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace duplex::net {

// Thread: confined to its loop.
// Lifetime: shared by the Stream and, until on_closed() or release(), by itself.
class StreamState final : public SocketHandler, public std::enable_shared_from_this<StreamState> {
 public:
  using Handler = Stream::Handler;
  using EndHandler = boost::asio::any_completion_handler<void(boost::system::error_code)>;

  explicit StreamState(EventLoop& loop) : loop_(loop) {}

  void open(Descriptor connected, const TlsContext* tls);
  void open(Departed departed);
  // Requires: nothing pending. Null when the connection is gone.
  Socket* release(SocketHandler& successor);
  void depart(Socket::DepartureDone done);
  void close();
  void shut_down(std::optional<EndHandler> handler);

  void start_read(const Stream::ReadBuffers& buffers, Handler handler);
  void start_write(std::size_t bytes, Handler handler);

  void notify_when_ended(std::function<void()> callback);

  EventLoop& loop() const { return loop_; }
  // Null when closed.
  Socket* socket() const { return usable() ? socket_ : nullptr; }
  std::size_t unread_bytes() const { return unread_.size(); }

 private:
  using ErrorCode = boost::system::error_code;

  void on_data(std::span<const char> bytes) override;
  bool on_end_of_input() override;
  void on_drained() override;
  void on_closed(CloseReason reason) override;

  bool usable() const {
    return socket_ != nullptr && !closed_ && !shutting_down_ && !socket_->is_closing();
  }
  // Copies into the buffers of the pending read and returns how much.
  std::size_t fill(std::span<const char> bytes);
  void finish_read(ErrorCode ec, std::size_t bytes);
  void finish_write(ErrorCode ec);
  // What a read gets when nothing is left.
  ErrorCode end_of_reading() const;
  void abort_operations(ErrorCode ec);
  void tell_ended();

  EventLoop& loop_;
  Socket* socket_ = nullptr;
  std::shared_ptr<StreamState> self_;
  base::Buffer unread_;
  Stream::ReadBuffers read_buffers_;
  std::optional<Handler> read_;
  std::optional<Handler> write_;
  std::size_t write_bytes_ = 0;
  std::optional<EndHandler> end_;
  std::function<void()> on_ended_;
  TimerId limit_ = 0;
  ErrorCode lost_;      // why the connection is gone, when neither side closed it
  bool ended_ = false;  // end of input
  bool closed_ = false;
  bool shutting_down_ = false;
};

}  // namespace duplex::net
