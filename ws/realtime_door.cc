// Handshakes, and the session behind each address.
#include "ws/realtime_door.h"

#include "ws/echo_session.h"
#include "ws/handshake.h"
#include "ws/json_session.h"

#include <memory>
#include <string_view>
#include <utility>

namespace duplex::ws {

namespace {

constexpr std::string_view subprotocol = "centrifuge-json";

template <typename Session>
std::unique_ptr<Takeover> make(HttpFront& front) {
  return std::make_unique<Session>(front);
}

}  // namespace

std::optional<Routed> RealtimeDoor::route(const HttpRequest& request, HttpFront&, const Respond&) {
  const std::string_view path = request.path();
  const bool is_realtime = path == "/connection/websocket" || path == "/rt";
  const bool is_echo = path == "/echo" && options_.conformance_endpoints;
  if (!is_realtime && !is_echo) return std::nullopt;
  auto response =
      accept_handshake(request, origins_, is_realtime ? subprotocol : std::string_view());
  if (!response) return std::move(response.error());
  return Upgrade{std::move(*response), is_realtime ? make<JsonSession> : make<EchoSession>};
}

}  // namespace duplex::ws
