// A loop on its own thread with an HTTP front, and clients that speak raw bytes to it.
#pragma once

#include "net/event_loop.h"
#include "pubsub/hub.h"
#include "pubsub/loop_subscribers.h"
#include "realtime/channel_state.h"
#include "ws/client_frame.h"
#include "ws/counters.h"
#include "ws/http_front.h"
#include "ws/http_router.h"
#include "ws/realtime_door.h"
#include "ws/site_door.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace duplex::ws {

// One side of a socket pair whose other side the front has.
class RawClient {
 public:
  explicit RawClient(int fd) : fd_(fd) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), unread_(std::move(other.unread_)) {}
  ~RawClient() { close(); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // Exactly that many bytes, fewer at the end of the connection or when nothing comes for long.
  std::string receive(std::size_t bytes) {
    while (unread_.size() < bytes && receive_more()) {
    }
    return take(std::min(bytes, unread_.size()));
  }
  // Up to and including the mark.
  std::string receive_until(std::string_view mark) {
    std::size_t at;
    while ((at = unread_.find(mark)) == std::string::npos)
      if (!receive_more()) return take(unread_.size());
    return take(at + mark.size());
  }
  // Everything until the server ends the connection.
  std::string receive_all() {
    while (receive_more()) {
    }
    return take(unread_.size());
  }

  // A whole response with Content-Length.
  std::string receive_response() {
    std::string response = receive_until("\r\n\r\n");
    const std::size_t at = response.find("Content-Length: ");
    if (at != std::string::npos) response += receive(std::stoul(response.substr(at + 16)));
    return response;
  }

  // The next frame: its first byte and its payload, as in "81 text".
  struct Frame {
    unsigned first = 0;
    std::string payload;
    bool operator==(const Frame&) const = default;
  };
  Frame receive_frame() {
    const std::string head = receive(2);
    if (head.size() < 2) return {};
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size >= 126) {
      const std::string length = receive(size == 126 ? 2 : 8);
      size = 0;
      for (const char byte : length)
        size = size << 8 | static_cast<unsigned char>(byte);
    }
    return {static_cast<unsigned char>(head[0]), receive(size)};
  }
  std::string receive_text() {
    const Frame frame = receive_frame();
    EXPECT_EQ(frame.first, 0x81u);
    return frame.payload;
  }
  // The code of the close frame that comes next; 0 if something else comes.
  CloseCode receive_close() {
    const Frame frame = receive_frame();
    if (frame.first != 0x88 || frame.payload.size() < 2) return 0;
    return static_cast<CloseCode>(static_cast<unsigned char>(frame.payload[0]) << 8 |
                                  static_cast<unsigned char>(frame.payload[1]));
  }

 private:
  bool receive_more() {
    char bytes[65536];
    ssize_t received;
    do
      received = ::recv(fd_, bytes, sizeof bytes, 0);
    while (received < 0 && errno == EINTR);
    if (received <= 0) return false;
    unread_.append(bytes, static_cast<std::size_t>(received));
    return true;
  }
  std::string take(std::size_t bytes) {
    std::string taken = unread_.substr(0, bytes);
    unread_.erase(0, bytes);
    return taken;
  }

  int fd_;
  std::string unread_;
};

class FixedMetrics : public MetricsSource {
 public:
  std::string metrics_text() override { return "duplex_up 1\n"; }
  std::string stats_json() override { return R"({"keys":1})"; }
};

// Publishes, and says that no channel has a history, unless told otherwise.
class FakeCommands : public realtime::CommandRunner {
 public:
  explicit FakeCommands(pubsub::LoopSubscribers& subscribers) : subscribers_(subscribers) {}

  realtime::Ran run(std::span<const std::string_view> words, realtime::RunAs) override {
    if (before) before(words);
    if (words[0] == "RT.PUBLISH")
      subscribers_.publish(
          std::make_shared<const pubsub::Message>(pubsub::Kind::channel, words[1], words[2]));
    if (words[0] == "RT.HISTORY") return {.reply = history};
    return {.reply = "+OK\r\n"};
  }

  std::string history = "%3\r\n+epoch\r\n+\r\n+offset\r\n:0\r\n+publications\r\n*0\r\n";
  std::function<void(std::span<const std::string_view>)> before;

 private:
  pubsub::LoopSubscribers& subscribers_;
};

inline constexpr std::string_view upgrade_lines =
    "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

// Runs each test on both back ends. Change options_ before the first use of the front.
class FrontFixture : public ::testing::TestWithParam<net::BackendChoice> {
 protected:
  FrontFixture() : hub_(1), loop_({.index = 0, .backend = GetParam()}), subscribers_(hub_, 0) {
    options_.conformance_endpoints = true;
    hub_.attach(0, [this] { loop_.post([this] { subscribers_.deliver_waiting(); }); });
  }
  ~FrontFixture() override { stop(); }

  void start(DemoState* demo = nullptr) {
    if (thread_.joinable()) return;
    router_.add(std::make_unique<RealtimeDoor>(options_));
    router_.add(std::make_unique<SiteDoor>(metrics_, demo));
    front_.emplace(FrontParts{.loop = loop_,
                              .subscribers = subscribers_,
                              .commands = commands_,
                              .presence = presence_,
                              .live_keys = channels_,
                              .authority = authority_,
                              .options = options_,
                              .router = router_,
                              .counters = counters_});
    thread_ = std::thread([this] { loop_.run(); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
    front_.reset();
  }

  // Runs it on the loop and waits.
  template <typename Work>
  auto on_loop(Work work) {
    start();
    using Result = decltype(work());
    const auto done = std::make_shared<std::promise<Result>>();
    loop_.post([work, done]() mutable {
      if constexpr (std::is_void_v<Result>) {
        work();
        done->set_value();
      } else {
        done->set_value(work());
      }
    });
    return done->get_future().get();
  }

  RawClient connect() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    on_loop([&] { front_->accept(net::Descriptor(ends[1]), nullptr); });
    return RawClient(ends[0]);
  }
  RawClient open(std::string_view path) {
    RawClient client = connect();
    client.send("GET " + std::string(path) + " HTTP/1.1\r\n" + std::string(upgrade_lines));
    EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    return client;
  }
  // A client of the realtime protocol that is subscribed to a channel.
  RawClient subscribe(std::string_view channel) {
    RawClient client = open("/rt");
    client.send(client_text("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"" +
                            std::string(channel) + "\"}}"));
    EXPECT_TRUE(client.receive_text().ends_with("\n{\"id\":2,\"subscribe\":{}}"));
    return client;
  }
  std::size_t publish(std::string_view channel, std::string_view payload) {
    return on_loop([&] {
      const std::size_t receivers = subscribers_.publish(
          std::make_shared<const pubsub::Message>(pubsub::Kind::channel, channel, payload));
      subscribers_.deliver_waiting();
      return receivers;
    });
  }
  // Waits until the condition holds, looked at on the loop.
  bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (on_loop([&] { return condition(); })) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  Options options_;
  FixedMetrics metrics_;
  Counters counters_;
  pubsub::Hub hub_;
  net::EventLoop loop_;
  pubsub::LoopSubscribers subscribers_;
  FakeCommands commands_{subscribers_};
  realtime::Presence presence_;
  realtime::ChannelState channels_{{}, 0, false};
  realtime::Authority authority_{
      realtime::ChannelRules({{"closed:*"},
                              {"*", realtime::Access::anonymous, realtime::Access::anonymous}})};
  HttpRouter router_;
  std::optional<HttpFront> front_;
  std::thread thread_;
};

inline std::string backend_name(const ::testing::TestParamInfo<net::BackendChoice>& info) {
  return info.param == net::BackendChoice::uring ? "uring" : "epoll";
}

}  // namespace duplex::ws
