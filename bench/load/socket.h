// A connected TCP socket, and the few blocking exchanges before a measurement.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::load {

// Owns a descriptor.
// Thread: confined to its owner.
class Socket {
 public:
  // Blocks; afterwards a blocking send or receive gives up after ten seconds.
  static std::expected<Socket, std::string> connect(const std::string& host, std::uint16_t port);

  Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket();

  int fd() const { return fd_; }

  std::expected<void, std::string> send_all(std::string_view bytes);
  // What has arrived, at least one byte.
  std::expected<std::string, std::string> receive_some();

 private:
  explicit Socket(int fd) : fd_(fd) {}

  int fd_;
};

// Lifts the soft limit of open descriptors to the hard one, since a run may need thousands.
void raise_descriptor_limit();

}  // namespace duplex::load
