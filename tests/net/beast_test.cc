// Beast's HTTP and WebSocket over Streams, on both sides of a connection.
#include "net/loop_fixture.h"
#include "net/stream.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace duplex::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

class BeastTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  // Runs server and client as coroutines on one loop until both have ended.
  template <typename Server, typename Client>
  void run(Server server, Client client) {
    Pair pair = tcp_pair();
    Awaited<bool> server_over;
    Awaited<bool> client_over;
    auto ended = [](Awaited<bool>& over) {
      return [&over](std::exception_ptr error) {
        EXPECT_EQ(error, nullptr);
        over.set(true);
      };
    };
    thread.run([&] {
      EventLoop& loop = thread.loop();
      asio::co_spawn(
          loop.io_context(), server(Stream(loop, std::move(pair.server))), ended(server_over));
      asio::co_spawn(
          loop.io_context(), client(Stream(loop, std::move(pair.peer))), ended(client_over));
    });
    server_over.wait();
    client_over.wait();
  }

  LoopThread thread{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Net, BeastTest, both_backends(), backend_name);

asio::awaitable<void> serve_http(Stream stream) {
  beast::flat_buffer buffer;
  for (bool more = true; more;) {
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, asio::use_awaitable);
    http::response<http::string_body> response(http::status::ok, request.version());
    response.body() = std::string(request.target()) + ":" + request.body();
    response.keep_alive(request.keep_alive());
    response.prepare_payload();
    co_await http::async_write(stream, response, asio::use_awaitable);
    more = request.keep_alive();
  }
  stream.shut_down_detached();
}

asio::awaitable<void> ask_http(Stream stream) {
  beast::flat_buffer buffer;
  for (int i = 0; i < 20; ++i) {
    http::request<http::string_body> request(http::verb::post, "/" + std::to_string(i), 11);
    request.set(http::field::host, "localhost");
    request.body() = std::string(static_cast<std::size_t>(i) * 50'000, 'b');
    request.keep_alive(i != 19);
    request.prepare_payload();
    co_await http::async_write(stream, request, asio::use_awaitable);
    http::response<http::string_body> response;
    co_await http::async_read(stream, buffer, response, asio::use_awaitable);
    EXPECT_TRUE(response.body() == "/" + std::to_string(i) + ":" + request.body());
  }
  char byte;
  boost::system::error_code ec;
  co_await stream.async_read_some(asio::buffer(&byte, 1),
                                  asio::redirect_error(asio::use_awaitable, ec));
  EXPECT_EQ(ec, asio::error::eof);
}

TEST_P(BeastTest, HttpRequestsAndResponses) {
  run(serve_http, ask_http);
}

asio::awaitable<void> echo_frames(Stream stream) {
  websocket::stream<Stream> ws(std::move(stream));
  ws.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
  ws.read_message_max(std::size_t{1} << 24);
  co_await ws.async_accept(asio::use_awaitable);
  beast::flat_buffer buffer;
  for (;;) {
    boost::system::error_code ec;
    co_await ws.async_read(buffer, asio::redirect_error(asio::use_awaitable, ec));
    if (ec) {
      EXPECT_EQ(ec, websocket::error::closed);
      co_return;
    }
    ws.text(ws.got_text());
    co_await ws.async_write(buffer.data(), asio::use_awaitable);
    buffer.consume(buffer.size());
  }
}

asio::awaitable<void> send_frames(Stream stream) {
  websocket::stream<Stream> ws(std::move(stream));
  ws.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
  ws.read_message_max(std::size_t{1} << 24);
  co_await ws.async_handshake("localhost", "/", asio::use_awaitable);
  beast::flat_buffer buffer;
  for (std::size_t bytes : {1u, 125u, 126u, 65'535u, 65'536u, 3'000'000u}) {
    const std::string message(bytes, 'm');
    co_await ws.async_write(asio::buffer(message), asio::use_awaitable);
    co_await ws.async_read(buffer, asio::use_awaitable);
    EXPECT_TRUE(beast::buffers_to_string(buffer.data()) == message);
    buffer.consume(buffer.size());
  }
  // A burst: Beast then posts completions for frames that are in its buffer already.
  for (int i = 0; i < 100; ++i)
    co_await ws.async_write(asio::buffer(std::to_string(i)), asio::use_awaitable);
  for (int i = 0; i < 100; ++i) {
    co_await ws.async_read(buffer, asio::use_awaitable);
    EXPECT_EQ(beast::buffers_to_string(buffer.data()), std::to_string(i));
    buffer.consume(buffer.size());
  }
  co_await ws.async_close(websocket::close_code::normal, asio::use_awaitable);
}

TEST_P(BeastTest, WebSocketMessagesAndTheClosingHandshake) {
  run(echo_frames, send_frames);
}

}  // namespace
}  // namespace duplex::net
