// One subscriber of the fan-out, over RESP or over a WebSocket.
#pragma once

#include "bench/load/options.h"
#include "bench/load/socket.h"

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace duplex::load {

// A connection that is subscribed to the channel of the options.
// Thread: confined to its owner.
class Subscriber {
 public:
  // Connects and subscribes; blocks until the server has confirmed.
  static std::expected<std::unique_ptr<Subscriber>, std::string> create(const Options& options);

  explicit Subscriber(Socket socket) : socket_(std::move(socket)) {}
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;
  virtual ~Subscriber() = default;

  // Returns how many messages `bytes` completed.
  virtual std::uint64_t feed(std::string_view bytes) = 0;
  // What must be sent back to stay connected, once; valid until the next call of feed().
  virtual std::string_view answer() = 0;
  // Empty while the stream makes sense.
  virtual std::string trouble() const = 0;

  int fd() const { return socket_.fd(); }
  // The number of messages received, which is also the number of the next one.
  std::uint64_t received = 0;

 protected:
  Socket socket_;
};

}  // namespace duplex::load
