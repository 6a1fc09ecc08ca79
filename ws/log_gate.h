// Keeps output back until the log has what it tells of.
#pragma once

#include "net/socket.h"

#include <cstdint>

namespace duplex::ws {

// Thread: confined to its loop.
class LogGate {
 public:
  virtual ~LogGate() = default;
  // What is queued on the socket must not leave before the log is written up to `position`.
  virtual void wait_for_log(net::Socket& socket, std::uint64_t position) = 0;
  // To be called before a socket that has waited ends.
  virtual void forget(net::Socket& socket) = 0;
};

}  // namespace duplex::ws
