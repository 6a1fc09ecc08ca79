// A part of the HTTP port: the addresses that belong to one protocol or one purpose.
#pragma once

#include "ws/http_message.h"
#include "ws/takeover.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace duplex::ws {

class HttpFront;

// The connection changes hands.
struct Upgrade {
  std::string response;  // the bytes to send first
  std::function<std::unique_ptr<Takeover>(HttpFront&)> make;
};

// The response will come through Respond.
struct Deferred {
  // Called on the connection's loop if the client goes away before the response; may be empty.
  std::function<void()> on_abandoned{};
};

// The connection moves to another loop with its request, which is answered there: what it is about
// lives on that loop.
struct MoveTo {
  std::size_t loop = 0;
};

using Routed = std::variant<HttpResponse, Upgrade, Deferred, MoveTo>;
// Used at most once, on the loop of the connection, and only if the result was Deferred.
using Respond = std::function<void(HttpResponse)>;

// Thread: any loop. Lifetime: as long as the router.
class HttpDoor {
 public:
  virtual ~HttpDoor() = default;
  // The answer to a request for one of its addresses; nothing if the address is not its own.
  // `front` is the one of the connection's loop.
  virtual std::optional<Routed> route(const HttpRequest& request,
                                      HttpFront& front,
                                      const Respond& respond) = 0;
  // The server stops: what the door keeps for this loop and no connection shows has to end.
  virtual void begin_shutdown(HttpFront& front) { (void)front; }
};

// 405 with the methods that are allowed ("GET, HEAD").
HttpResponse method_not_allowed(std::string_view allowed);

}  // namespace duplex::ws
