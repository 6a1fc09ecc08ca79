// A Socket as an Asio stream, so that Beast runs on the loop's back end, under TLS or not.
#pragma once

#include "net/descriptor.h"
#include "net/socket.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>

namespace duplex::net {

class EventLoop;
class StreamState;
class TlsContext;

// Input that nobody has asked for yet; beyond it the peer has to wait.
inline constexpr std::size_t stream_unread_bytes_max = 64 * 1024;
// A write completes at once until this much is queued, and then when half of it has left.
inline constexpr std::size_t stream_queue_bytes_max = 256 * 1024;

// Satisfies AsyncReadStream and AsyncWriteStream, with any completion token and per-operation
// cancellation. Handlers run from the loop's io_context, never inside the initiating call.
//
// A write copies the whole buffer sequence into the socket's queue and completes. All output of the
// connection, Beast's own frames included, thus passes one ordered queue; frames appended with
// socket().out() or append_shared() between calls keep their place in it.
//
// End of input is error::eof; writing stays possible after it. At most one read and one write may
// be pending. Movable while an operation is pending, as Asio's sockets are not.
//
// Thread: confined to its EventLoop.
// Lifetime: destroying or closing it completes pending operations with error::operation_aborted and
// closes the connection at once; see shut_down() for an orderly end.
class Stream {
 public:
  using executor_type = boost::asio::io_context::executor_type;
  using Signature = void(boost::system::error_code, std::size_t);

  // Takes a connected socket in blocking mode. To be called on the loop's thread. `tls` as for
  // EventLoop::add_socket().
  Stream(EventLoop& loop, Descriptor connected, const TlsContext* tls = nullptr);
  // A connection that has departed from another loop.
  Stream(EventLoop& loop, Departed departed);
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  executor_type get_executor() const;
  EventLoop& loop() const;

  template <typename MutableBuffers, typename Token>
  auto async_read_some(const MutableBuffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Signature>(
        [this](auto handler, const MutableBuffers& into) {
          ReadBuffers target;
          for (auto it = boost::asio::buffer_sequence_begin(into);
               it != boost::asio::buffer_sequence_end(into) && target.count < target.list.size();
               ++it)
            target.list[target.count++] = *it;
          start_read(target, std::move(handler));
        },
        token,
        buffers);
  }

  template <typename ConstBuffers, typename Token>
  auto async_write_some(const ConstBuffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, Signature>(
        [this](auto handler, const ConstBuffers& from) {
          std::size_t bytes = 0;
          for (auto it = boost::asio::buffer_sequence_begin(from);
               it != boost::asio::buffer_sequence_end(from);
               ++it)
            bytes += append(boost::asio::const_buffer(*it));
          start_write(bytes, std::move(handler));
        },
        token,
        buffers);
  }

  // True until the connection has ended on either side or was handed over.
  bool is_open() const;
  // The socket, for its queue and its addresses. Requires: is_open().
  Socket& socket() const;

  // Closes at once; what is queued is lost.
  void close();
  // Sends what is queued, then FIN, and waits (a second at most) until the peer has closed too,
  // ignoring its input; then closes. The handler is told when this is over.
  void shut_down(boost::asio::any_completion_handler<void(boost::system::error_code)> handler);
  // Starts shut_down() and lets the connection end by itself; the stream may be destroyed.
  void shut_down_detached();

  // Gives the socket to a raw handler (null if the connection is gone). Input that was read ahead
  // is delivered to it first, in the loop's next pass. Requires: no operation pending. The stream
  // is closed then.
  Socket* hand_over(SocketHandler& handler);
  // Calls back once, from the loop's io_context, when the peer has ended its side or the connection
  // is lost; soon, if that has happened already. Not noticed while more unread bytes wait than fit.
  // An empty function takes the wish back.
  void notify_when_ended(std::function<void()> callback);
  // Takes the connection off this loop, see Socket::depart(). Requires: no operation pending. The
  // stream is closed then.
  void depart(Socket::DepartureDone done);
  // Bytes that arrived and were not asked for yet.
  std::size_t unread_bytes() const;

 private:
  struct ReadBuffers {
    std::array<boost::asio::mutable_buffer, 8> list;
    std::size_t count = 0;
  };
  friend class StreamState;
  using Handler = boost::asio::any_completion_handler<Signature>;

  void start_read(const ReadBuffers& buffers, Handler handler);
  void start_write(std::size_t bytes, Handler handler);
  std::size_t append(boost::asio::const_buffer bytes);

  std::shared_ptr<StreamState> state_;
  bool detached_ = false;  // the connection ends by itself
};

// What Beast's WebSocket stream asks of the layer below it. The asynchronous one, which Beast uses
// for its closing handshake, is shut_down(); a template because Beast's own catch-all is one.
void teardown(boost::beast::role_type role, Stream& stream, boost::system::error_code& ec);
template <typename Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
  stream.shut_down(std::forward<Handler>(handler));
}
void beast_close_socket(Stream& stream);

}  // namespace duplex::net
