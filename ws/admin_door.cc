// The token, commands, and channels.
#include "ws/admin_door.h"

#include "ws/http_front.h"
#include "ws/rest_exchange.h"
#include "ws/sse_door.h"

#include <memory>
#include <utility>

namespace duplex::ws {

namespace {

constexpr std::string_view command_path = "/admin/command";
constexpr std::string_view events_path = "/admin/events";

}  // namespace

std::optional<Routed> AdminDoor::route(const HttpRequest& request,
                                       HttpFront& front,
                                       const Respond& respond) {
  const std::string_view path = request.path();
  if (path != command_path && path != events_path) return std::nullopt;
  const std::string_view method = path == command_path ? "POST" : "GET";
  if (request.method != method) return method_not_allowed(method);
  if (auto refusal = token_.refusal(request, "admin-token")) return std::move(*refusal);
  if (path == command_path) return run(request, front, respond);
  auto asked = read_sse_request(request, options_);
  if (!asked) return std::move(asked.error());
  asked->identity = std::make_shared<const realtime::Identity>();
  return open_stream(request, std::move(*asked));
}

Routed AdminDoor::run(const HttpRequest& request, HttpFront& front, const Respond& respond) {
  auto commands = rest_commands_of(request.body);
  if (!commands) return http_error(400, "the body has to be a list of commands");
  RestWork work;
  work.session = front.commands().open_server_session();
  work.commands = std::move(*commands);
  work.form = RestForm::pipeline;
  RestExchange::start(std::move(work), respond);
  return Deferred{};
}

}  // namespace duplex::ws
