// Does with the events of clients what the routes of the configuration say.
//
// Normative description: docs/socket_io_routes.md.
#pragma once

#include "realtime/event_routes.h"
#include "ws/socket_io_adapter_message.h"
#include "ws/socket_io_routes.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

class SocketIoCluster;

// The first route that fits an event decides.
// Thread: any loop; immutable. Lifetime: the cluster outlives it.
class SocketIoRouter final : public EventRouter {
 public:
  SocketIoRouter(std::vector<realtime::EventRoute> routes, SocketIoCluster& cluster)
      : routes_(std::move(routes)), cluster_(cluster) {}

  // What the client's ack is given.
  struct Refused {
    unsigned code = 0;
    std::string message;
  };

  bool handle(SocketIoSocket& socket, const SocketIoCall& call) override;

 private:
  using Outcome = std::optional<Refused>;  // nothing: {"ok":true}

  Outcome publish(SocketIoSocket& socket, const std::string& channel, const SocketIoCall& call);
  Outcome emit(SocketIoSocket& socket, const realtime::EmitRule& rule, const SocketIoCall& call);
  Outcome run(SocketIoSocket& socket, const realtime::EventRoute& route, const SocketIoCall& call);
  // Answers the ack itself.
  void add_to_stream(SocketIoSocket& socket, const std::string& key, const SocketIoCall& call);

  const std::vector<realtime::EventRoute> routes_;
  SocketIoCluster& cluster_;
};

}  // namespace duplex::ws
