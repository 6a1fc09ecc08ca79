// Handshakes, and the session behind each address.
#include "ws/realtime_door.h"

#include "ws/deflate.h"
#include "ws/echo_session.h"
#include "ws/handshake.h"
#include "ws/json_session.h"

#include <memory>
#include <string_view>
#include <utility>

namespace duplex::ws {

namespace {

constexpr std::string_view subprotocol = "centrifuge-json";

}  // namespace

std::optional<Routed> RealtimeDoor::route(const HttpRequest& request, HttpFront&, const Respond&) {
  const std::string_view path = request.path();
  const bool is_realtime = path == "/connection/websocket" || path == "/rt";
  const bool is_echo = path == "/echo" && options_.conformance_endpoints;
  if (!is_realtime && !is_echo) return std::nullopt;
  const bool deflates =
      options_.compression && offers_deflate(request.field("Sec-WebSocket-Extensions"));
  auto response =
      accept_handshake(request, origins_, is_realtime ? subprotocol : std::string_view(), deflates);
  if (!response) return std::move(response.error());
  if (is_echo)
    return Upgrade{std::move(*response), [deflates](HttpFront& front) {
                     return std::make_unique<EchoSession>(front, deflates);
                   }};
  return Upgrade{std::move(*response), [deflates](HttpFront& front) {
                   return std::make_unique<JsonSession>(front, deflates);
                 }};
}

}  // namespace duplex::ws
