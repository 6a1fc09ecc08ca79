// beast-echo PORT: a plain asynchronous WebSocket echo server on Boost.Beast, one thread, on
// 127.0.0.1. What the library costs when nothing is done to help it.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Error = boost::system::error_code;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) {}

  void start() {
    socket_.async_accept([self = shared_from_this()](Error error) {
      if (!error) self->read();
    });
  }

 private:
  void read() {
    socket_.async_read(buffer_, [self = shared_from_this()](Error error, std::size_t) {
      if (!error) self->write();
    });
  }
  void write() {
    socket_.text(socket_.got_text());
    socket_.async_write(buffer_.data(),
                        [self = shared_from_this()](Error error, std::size_t bytes) {
                          if (error) return;
                          self->buffer_.consume(bytes);
                          self->read();
                        });
  }

  beast::websocket::stream<tcp::socket> socket_;
  beast::flat_buffer buffer_;
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](Error error, tcp::socket socket) {
    if (!error) {
      socket.set_option(tcp::no_delay(true));
      std::make_shared<Session>(std::move(socket))->start();
    }
    accept(acceptor);
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: beast-echo PORT\n", stderr);
    return 2;
  }
  asio::io_context context(1);
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), port});
  accept(acceptor);
  context.run();
}
