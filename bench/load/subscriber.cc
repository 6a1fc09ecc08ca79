// Subscribes by either protocol.
#include "bench/load/subscriber.h"

#include "bench/load/reply_scanner.h"
#include "bench/load/web_socket.h"
#include "bench/load/web_socket_scanner.h"

#include <fmt/format.h>

#include <utility>

namespace duplex::load {
namespace {

class RespSubscriber final : public Subscriber {
 public:
  using Subscriber::Subscriber;

  std::string subscribe(const Options& options) {
    const std::string request = fmt::format(
        "*2\r\n$9\r\nSUBSCRIBE\r\n${}\r\n{}\r\n", options.channel.size(), options.channel);
    if (const auto sent = socket_.send_all(request); !sent) return sent.error();
    while (scanner_.tally().replies == 0) {
      const auto bytes = socket_.receive_some();
      if (!bytes) return bytes.error();
      scanner_.feed(*bytes);
      if (const std::string found = trouble(); !found.empty()) return found;
    }
    return {};
  }

  std::uint64_t feed(std::string_view bytes) override { return scanner_.feed(bytes); }
  std::string_view answer() override { return {}; }
  std::string trouble() const override {
    if (scanner_.is_broken()) return "a subscriber received what is not RESP";
    return scanner_.tally().first_error;
  }

 private:
  ReplyScanner scanner_;
};

class WebSocketSubscriber final : public Subscriber {
 public:
  using Subscriber::Subscriber;

  std::string subscribe(const Options& options) {
    const auto rest = open_web_socket(socket_, options);
    if (!rest) return rest.error();
    scanner_.feed(*rest);
    const std::string connect =
        options.token.empty()
            ? std::string(R"({"id":1,"connect":{}})")
            : fmt::format(R"({{"id":1,"connect":{{"token":"{}"}}}})", options.token);
    if (std::string error = exchange(connect); !error.empty()) return error;
    return exchange(fmt::format(R"({{"id":2,"subscribe":{{"channel":"{}"}}}})", options.channel));
  }

  std::uint64_t feed(std::string_view bytes) override { return scanner_.feed(bytes); }

  std::string_view answer() override {
    const std::uint64_t pings = scanner_.tally().pings;
    if (pings == answered_pings_) return {};
    answered_pings_ = pings;
    return pong_;
  }

  std::string trouble() const override { return scanner_.tally().first_error; }

 private:
  // Sends one command and waits for the reply to it.
  std::string exchange(std::string_view command) {
    const std::uint64_t replies = scanner_.tally().replies;
    if (const auto sent = socket_.send_all(client_frame(text_opcode, command)); !sent) {
      return sent.error();
    }
    while (scanner_.tally().replies == replies) {
      const auto bytes = socket_.receive_some();
      if (!bytes) return bytes.error();
      scanner_.feed(*bytes);
      if (std::string found = trouble(); !found.empty()) return found;
    }
    return {};
  }

  WebSocketScanner scanner_;
  std::uint64_t answered_pings_ = 0;
  const std::string pong_ = client_frame(text_opcode, "{}");
};

template <typename Kind>
std::expected<std::unique_ptr<Subscriber>, std::string> subscribed(const Options& options,
                                                                   std::uint16_t port) {
  auto socket = Socket::connect(options.host, port);
  if (!socket) return std::unexpected(socket.error());
  auto subscriber = std::make_unique<Kind>(std::move(*socket));
  if (std::string error = subscriber->subscribe(options); !error.empty()) {
    return std::unexpected(std::move(error));
  }
  return subscriber;
}

}  // namespace

std::expected<std::unique_ptr<Subscriber>, std::string> Subscriber::create(const Options& options) {
  if (options.subscriber_protocol == SubscriberProtocol::web_socket) {
    return subscribed<WebSocketSubscriber>(options, options.http_port);
  }
  return subscribed<RespSubscriber>(options, options.port);
}

}  // namespace duplex::load
