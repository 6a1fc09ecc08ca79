// Asking door after door.
#include "ws/http_router.h"

#include <fmt/format.h>

namespace duplex::ws {

HttpResponse method_not_allowed(std::string_view allowed) {
  HttpResponse response = http_error(405, fmt::format("only {} are answered here", allowed));
  response.fields.emplace_back("Allow", allowed);
  return response;
}

Routed HttpRouter::route(const HttpRequest& request,
                         HttpFront& front,
                         const Respond& respond) const {
  if (request.is_http_1_1 && !request.has_field("Host"))
    return http_error(400, "the Host field is missing");
  for (const auto& door : doors_)
    if (auto routed = door->route(request, front, respond)) return std::move(*routed);
  return http_error(404, "there is nothing here");
}

void HttpRouter::begin_shutdown(HttpFront& front) const {
  for (const auto& door : doors_)
    door->begin_shutdown(front);
}

}  // namespace duplex::ws
