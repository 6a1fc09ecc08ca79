// The events that the server itself answers: rt:join, rt:leave, rt:publish, rt:history,
// rt:presence.
//
// Normative description: docs/socket_io.md.
#pragma once

#include "realtime/authority.h"
#include "ws/socket_io_routes.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

struct SocketIoOptions;

// Each event takes the name of a room first, and answers its ack with {"ok":true,…} or
// {"error":{"code":…,"message":…}}. What is not allowed by the authority is refused.
//
// Thread: confined to its loop. Lifetime: what it is made from outlives it.
class SocketIoEvents {
 public:
  SocketIoEvents(HttpFront& front, const SocketIoOptions& options, SocketIoRooms& rooms)
      : front_(front), options_(options), rooms_(rooms) {}

  // Returns false if the event is none of these.
  bool handle(SocketIoSocket& socket, const SocketIoCall& call);

 private:
  // What the ack is answered with: further members of the object, each with a comma in front.
  struct Outcome {
    std::optional<realtime::Denial> denial{};
    std::string members{};
  };
  using Elements = std::vector<std::string_view>;

  Outcome join(SocketIoSocket& socket, std::string_view room);
  Outcome leave(SocketIoSocket& socket, std::string_view room);
  Outcome publish(SocketIoSocket& socket, std::string_view room, std::string_view data);
  Outcome history(SocketIoSocket& socket, std::string_view room, std::string_view request);
  Outcome presence(SocketIoSocket& socket, std::string_view room);
  Outcome outcome_of(SocketIoSocket& socket, std::string_view method, const Elements& arguments);

  HttpFront& front_;
  const SocketIoOptions& options_;
  SocketIoRooms& rooms_;
};

}  // namespace duplex::ws
