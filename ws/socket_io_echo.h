// The conformance behaviour of Socket.IO: what the protocol's test suites expect of a server.
#pragma once

#include "ws/socket_io_routes.h"

namespace duplex::ws {

// Tells what a client connected with (`auth`), sends `message` back as `message-back`, and answers
// `message-with-ack` with its arguments.
class SocketIoEcho final : public EventRouter {
 public:
  void on_connected(SocketIoSocket& socket, std::string_view auth) override;
  bool handle(SocketIoSocket& socket, const SocketIoCall& call) override;
};

}  // namespace duplex::ws
