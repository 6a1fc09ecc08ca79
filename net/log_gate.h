// What must not leave before the log has what it tells of.
#pragma once

#include <cstdint>
#include <functional>

namespace duplex::net {

class Socket;

// Positions are those of the log (Client::log_position, pubsub::Publication); 0 waits for nothing.
// Call these in the pass in which the write was executed.
//
// Thread: confined to one loop.
class LogGate {
 public:
  virtual ~LogGate() = default;

  // The output of this socket must wait until the log is written (or durable, if the configuration
  // says so) up to `position`. A socket that ends has to be forgotten.
  virtual void gate(Socket& socket, std::uint64_t position) = 0;
  virtual void forget(Socket& socket) = 0;

  // Calls back on the loop when the log is that far: before this pass's output is sent, or in a
  // later pass. What is queued by then leaves with that pass. Dropped if the loop ends before.
  virtual void when_written(std::uint64_t position, std::move_only_function<void()> done) = 0;
};

}  // namespace duplex::net
