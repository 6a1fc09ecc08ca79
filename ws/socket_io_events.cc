// Checks first, then rooms and commands.
#include "ws/socket_io_events.h"

#include "ws/http_front.h"
#include "ws/socket_io_packet.h"
#include "ws/socket_io_rooms.h"
#include "ws/socket_io_service.h"

#include <array>

namespace duplex::ws {

namespace {

using realtime::Action;
using realtime::Denial;

constexpr std::string_view prefix = "rt:";

constexpr Denial internal_error{100, "internal server error", true};
constexpr Denial method_not_found{104, "method not found"};
constexpr Denial already_subscribed{105, "already subscribed"};
constexpr Denial limit_exceeded{106, "limit exceeded"};
constexpr Denial bad_request{107, "bad request"};

}  // namespace

bool SocketIoEvents::handle(SocketIoSocket& socket, const SocketIoCall& call) {
  if (!call.event.starts_with(prefix)) return false;
  const Outcome outcome =
      call.attachments.empty()
          ? outcome_of(socket, call.event.substr(prefix.size()), json_elements(call.arguments))
          : Outcome{.denial = bad_request};
  if (outcome.denial)
    socket.ack_error(call.ack, outcome.denial->code, outcome.denial->message);
  else
    socket.ack(call.ack, R"({"ok":true)" + outcome.members + "}");
  return true;
}

SocketIoEvents::Outcome SocketIoEvents::outcome_of(SocketIoSocket& socket,
                                                   std::string_view method,
                                                   const Elements& arguments) {
  if (method != "join" && method != "leave" && method != "publish")
    return {.denial = method_not_found};
  const auto room = arguments.empty() ? std::nullopt : json_string_value(arguments[0]);
  if (!room || room->empty() || room->size() > options_.room_bytes_max)
    return {.denial = bad_request};
  if (method == "join") return join(socket, *room);
  if (method == "leave") return leave(socket, *room);
  if (arguments.size() != 2) return {.denial = bad_request};
  return publish(socket, *room, arguments[1]);
}

SocketIoEvents::Outcome SocketIoEvents::join(SocketIoSocket& socket, std::string_view room) {
  if (const auto denial = front_.authority().check(socket.identity(), Action::subscribe, room))
    return {.denial = denial};
  if (socket.room_count() > options_.rooms_max) return {.denial = limit_exceeded};
  if (!rooms_.join(socket, room)) return {.denial = already_subscribed};
  return {};
}

SocketIoEvents::Outcome SocketIoEvents::leave(SocketIoSocket& socket, std::string_view room) {
  if (room == socket.id() || !rooms_.leave(socket, room)) return {.denial = bad_request};
  return {};
}

SocketIoEvents::Outcome SocketIoEvents::publish(SocketIoSocket& socket,
                                                std::string_view room,
                                                std::string_view data) {
  if (const auto denial = front_.authority().check(socket.identity(), Action::publish, room))
    return {.denial = denial};
  const std::array<std::string_view, 3> command{"PUBLISH", room, data};
  const realtime::Ran ran = front_.commands().run(command, realtime::RunAs::server);
  if (!ran.reply.starts_with(':')) return {.denial = internal_error};
  Counters::add(front_.counters().publishes);
  return {};
}

}  // namespace duplex::ws
