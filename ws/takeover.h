// A connection that is not request and response any more: a WebSocket, a stream of events.
#pragma once

#include "net/socket.h"

namespace duplex::ws {

// What takes the socket over from HTTP. The front owns it until its socket has closed: its
// on_closed() ends with HttpFront::remove().
// Thread: confined to its loop.
class Takeover : public net::SocketHandler {
 public:
  virtual ~Takeover() = default;
  // The socket, whose handler this is already; the response's header is in its queue.
  virtual void start(net::Socket& socket) = 0;
  // The server stops: say so and end.
  virtual void begin_shutdown() = 0;
};

}  // namespace duplex::ws
