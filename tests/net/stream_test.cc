// The Stream under plain Asio: tokens, back-pressure, ends, cancellation, handing over.
#include "net/stream.h"

#include "base/random.h"
#include "net/loop_fixture.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace duplex::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class StreamTest : public ::testing::TestWithParam<BackendChoice> {
 protected:
  StreamTest() {
    Pair pair = tcp_pair();
    peer.emplace(std::move(pair.peer));
    thread.run([&] { stream.emplace(thread.loop(), std::move(pair.server)); });
  }
  ~StreamTest() override {
    if (stream) thread.run([&] { stream.reset(); });
  }

  LoopThread thread{GetParam()};
  std::optional<Peer> peer;
  std::optional<Stream> stream;
};

INSTANTIATE_TEST_SUITE_P(Net, StreamTest, both_backends(), backend_name);

TEST_P(StreamTest, ReadsWhatArrivesBeforeAndAfterTheCall) {
  std::string text(10, '\0');
  Awaited<error_code> done;
  peer->send("12345");
  while (thread.value_of<std::size_t>([&] { return stream->unread_bytes(); }) < 5)
    thread.finish_pass();

  thread.run([&] {
    asio::async_read(
        *stream, asio::buffer(text), [&](error_code ec, std::size_t) { done.set(ec); });
  });
  peer->send("67890");

  EXPECT_EQ(done.wait(), error_code());
  EXPECT_EQ(text, "1234567890");
}

TEST_P(StreamTest, ScattersIntoSeveralBuffers) {
  std::array<char, 3> first;
  std::array<char, 4> second;
  Awaited<std::size_t> done;
  thread.run([&] {
    const std::array<asio::mutable_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
    asio::async_read(*stream, buffers, [&](error_code, std::size_t bytes) { done.set(bytes); });
  });
  peer->send("abcdefg");
  EXPECT_EQ(done.wait(), 7u);
  EXPECT_EQ(std::string(first.data(), 3) + std::string(second.data(), 4), "abcdefg");
}

TEST_P(StreamTest, CompletesAReadOfNothingAtOnce) {
  Awaited<std::size_t> done;
  thread.run([&] {
    stream->async_read_some(asio::mutable_buffer(),
                            [&](error_code, std::size_t bytes) { done.set(bytes); });
  });
  EXPECT_EQ(done.wait(), 0u);
}

TEST_P(StreamTest, NeverCompletesInsideTheInitiatingCall) {
  bool inside = false;
  bool completed_inside = false;
  Awaited<bool> done;
  thread.run([&] {
    inside = true;
    stream->async_write_some(asio::buffer("x", 1), [&](error_code, std::size_t) {
      completed_inside = inside;
      done.set(true);
    });
    inside = false;
  });
  done.wait();
  EXPECT_FALSE(completed_inside);
}

TEST_P(StreamTest, RunsCoroutinesThatEcho) {
  Awaited<error_code> ended;
  auto echo_on = [&]() -> asio::awaitable<void> {
    std::array<char, 4096> buffer;
    try {
      for (;;) {
        const std::size_t bytes =
            co_await stream->async_read_some(asio::buffer(buffer), asio::use_awaitable);
        co_await asio::async_write(*stream, asio::buffer(buffer, bytes), asio::use_awaitable);
      }
    } catch (const boost::system::system_error& error) {
      ended.set(error.code());
    }
  };
  thread.run([&] { asio::co_spawn(thread.loop().io_context(), echo_on(), asio::detached); });
  const std::string sent(300'000, 'm');

  std::thread sender([&] {
    peer->send(sent);
    peer->shut_down_sending();
  });
  EXPECT_TRUE(peer->receive(sent.size()) == sent);
  sender.join();

  EXPECT_EQ(ended.wait(), error_code(asio::error::eof));
}

TEST_P(StreamTest, LetsAPeerWaitWhenNobodyReads) {
  const std::string sent(8'000'000, 'm');
  std::thread sender([&] { peer->send(sent); });
  for (int i = 0; i < 200; ++i)
    thread.finish_pass();
  const std::size_t unread = thread.value_of<std::size_t>([&] { return stream->unread_bytes(); });

  std::string received(sent.size(), '\0');
  Awaited<error_code> done;
  thread.run([&] {
    asio::async_read(
        *stream, asio::buffer(received), [&](error_code ec, std::size_t) { done.set(ec); });
  });
  EXPECT_EQ(done.wait(), error_code());
  sender.join();

  // Some buffers may have been filled before the pause reached the kernel.
  EXPECT_LT(unread, stream_unread_bytes_max + 128 * 1024);
  EXPECT_TRUE(received == sent);
}

TEST_P(StreamTest, AWriterWaitsForASlowReader) {
  const std::string part(200'000, 'p');
  int completed = 0;
  std::function<void()> write_on = [&] {
    asio::async_write(*stream, asio::buffer(part), [&](error_code ec, std::size_t) {
      if (!ec && ++completed < 100) write_on();
    });
  };
  thread.run([&] { write_on(); });
  for (int i = 0; i < 100; ++i)
    thread.finish_pass();
  EXPECT_LT(thread.value_of<int>([&] { return completed; }), 100);
  EXPECT_LE(thread.value_of<std::size_t>([&] { return stream->socket().pending_output_bytes(); }),
            stream_queue_bytes_max + part.size());

  EXPECT_EQ(peer->receive(100 * part.size()).size(), 100 * part.size());
  thread.finish_pass();
  EXPECT_EQ(thread.value_of<int>([&] { return completed; }), 100);
}

TEST_P(StreamTest, KeepsForeignFramesInOrder) {
  Awaited<bool> done;
  thread.run([&] {
    stream->async_write_some(asio::buffer("first ", 6), [](error_code, std::size_t) {});
    stream->socket().out().append("second ");
    stream->socket().append_shared(std::make_shared<const std::string>(2000, 's'));
  });
  thread.run([&] {
    stream->async_write_some(asio::buffer("last", 4),
                             [&](error_code, std::size_t) { done.set(true); });
  });
  done.wait();
  EXPECT_EQ(peer->receive(6 + 7 + 2000 + 4), "first second " + std::string(2000, 's') + "last");
}

TEST_P(StreamTest, ReportsAReset) {
  Awaited<error_code> done;
  char byte;
  thread.run([&] {
    stream->async_read_some(asio::buffer(&byte, 1),
                            [&](error_code ec, std::size_t) { done.set(ec); });
  });
  peer->reset();
  EXPECT_EQ(done.wait(), error_code(asio::error::connection_reset));

  Awaited<error_code> write;
  thread.run([&] {
    EXPECT_FALSE(stream->is_open());
    stream->async_write_some(asio::buffer("x", 1),
                             [&](error_code ec, std::size_t) { write.set(ec); });
  });
  EXPECT_EQ(write.wait(), error_code(asio::error::broken_pipe));
}

TEST_P(StreamTest, TellsOfTheEndWithoutAnyRead) {
  Awaited<bool> first;
  Awaited<bool> second;
  thread.run([&] {
    stream->notify_when_ended([&] { ADD_FAILURE() << "was taken back"; });
    stream->notify_when_ended(nullptr);
    stream->notify_when_ended([&] { first.set(true); });
  });
  peer->send("unread");
  peer->shut_down_sending();
  EXPECT_EQ(first.wait(), true);
  thread.run([&] {
    EXPECT_TRUE(stream->is_open());
    stream->notify_when_ended([&] { second.set(true); });
  });
  EXPECT_EQ(second.wait(), true);
}

TEST_P(StreamTest, TellsOfAResetWithoutAnyRead) {
  Awaited<bool> told;
  thread.run([&] { stream->notify_when_ended([&] { told.set(stream->is_open()); }); });
  peer->reset();
  EXPECT_EQ(told.wait(), false);
}

TEST_P(StreamTest, DestroyingItAbortsWhatIsPending) {
  Awaited<error_code> done;
  char byte;
  thread.run([&] {
    stream->async_read_some(asio::buffer(&byte, 1),
                            [&](error_code ec, std::size_t) { done.set(ec); });
    stream.reset();
  });
  EXPECT_EQ(done.wait(), error_code(asio::error::operation_aborted));
  EXPECT_EQ(peer->end(), 0);
}

TEST_P(StreamTest, StoppingTheLoopAbortsWhatIsPending) {
  std::optional<error_code> result;
  char byte;
  thread.run([&] {
    stream->async_read_some(asio::buffer(&byte, 1),
                            [&](error_code ec, std::size_t) { result = ec; });
  });
  thread.stop();
  EXPECT_EQ(result, error_code(asio::error::operation_aborted));
  stream.reset();
}

TEST_P(StreamTest, CancelsASingleRead) {
  Awaited<error_code> done;
  char byte;
  asio::cancellation_signal signal;
  thread.run([&] {
    stream->async_read_some(asio::buffer(&byte, 1),
                            asio::bind_cancellation_slot(
                                signal.slot(), [&](error_code ec, std::size_t) { done.set(ec); }));
  });
  thread.run([&] { signal.emit(asio::cancellation_type::total); });
  EXPECT_EQ(done.wait(), error_code(asio::error::operation_aborted));

  Awaited<std::size_t> again;
  thread.run([&] {
    stream->async_read_some(asio::buffer(&byte, 1),
                            [&](error_code, std::size_t bytes) { again.set(bytes); });
  });
  peer->send("x");
  EXPECT_EQ(again.wait(), 1u);
}

TEST_P(StreamTest, ShutsDownInOrder) {
  Awaited<error_code> over;
  const std::string words(3'000'000, 'w');
  thread.run([&] {
    stream->async_write_some(asio::buffer(words), [](error_code, std::size_t) {});
    stream->shut_down([&](error_code ec) { over.set(ec); });
    EXPECT_FALSE(stream->is_open());
  });
  peer->send("input that nobody reads any more");

  EXPECT_TRUE(peer->receive_all() == words);
  peer->close();

  EXPECT_EQ(over.wait(), error_code());
}

TEST_P(StreamTest, ADetachedShutDownOutlivesTheStream) {
  const std::string words(3'000'000, 'w');
  thread.run([&] {
    stream->async_write_some(asio::buffer(words), [](error_code, std::size_t) {});
    stream->shut_down_detached();
    stream.reset();
  });
  EXPECT_TRUE(peer->receive_all() == words);
}

TEST_P(StreamTest, ClosesWhenThePeerDoesNotCloseAfterAShutDown) {
  Awaited<error_code> over;
  thread.run([&] { stream->shut_down([&](error_code ec) { over.set(ec); }); });
  EXPECT_EQ(over.wait(), error_code());
}

TEST_P(StreamTest, HandsOverWithUnreadInput) {
  Awaited<std::string> received;
  peer->send("frame");
  while (thread.value_of<std::size_t>([&] { return stream->unread_bytes(); }) < 5)
    thread.finish_pass();

  thread.run([&] {
    auto* handler = new FunctionHandler;
    handler->data = [&](Socket& socket, std::span<const char> bytes) {
      received.set(std::string(bytes.data(), bytes.size()));
      echo(socket, bytes);
    };
    handler->socket = stream->hand_over(*handler);
    EXPECT_FALSE(stream->is_open());
    stream.reset();
  });

  EXPECT_EQ(received.wait(), "frame");
  EXPECT_EQ(peer->receive(5), "frame");
}

}  // namespace
}  // namespace duplex::net
