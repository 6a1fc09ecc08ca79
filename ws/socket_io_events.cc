// Checks first, then rooms and commands.
#include "ws/socket_io_events.h"

#include "base/numbers.h"
#include "realtime/json_text.h"
#include "ws/http_front.h"
#include "ws/socket_io_packet.h"
#include "ws/socket_io_replies.h"
#include "ws/socket_io_rooms.h"
#include "ws/socket_io_service.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

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
constexpr Denial not_available{108, "not available"};

constexpr std::string_view methods[] = {"join", "leave", "publish", "history", "presence"};

// Publications that one answer holds at most.
constexpr std::int64_t history_page_max = 300;

// The number of a member of an object; nothing if it is missing or no number of that range.
std::optional<std::int64_t> number_of(std::string_view object, std::string_view name) {
  const auto member = realtime::json_member(object, name);
  const auto number = member ? base::parse_int64(*member) : std::nullopt;
  return number && *number >= 0 ? number : std::nullopt;
}

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
  if (std::ranges::find(methods, method) == std::end(methods)) return {.denial = method_not_found};
  const auto room = arguments.empty() ? std::nullopt : json_string_value(arguments[0]);
  if (!room || room->empty() || room->size() > options_.room_bytes_max)
    return {.denial = bad_request};
  if (method == "join") return join(socket, *room);
  if (method == "leave") return leave(socket, *room);
  if (method == "presence") return presence(socket, *room);
  if (method == "history")
    return history(socket, *room, arguments.size() > 1 ? arguments[1] : std::string_view("{}"));
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
  if (const auto denial = front_.authority().check(
          socket.identity(), Action::publish, room, rooms_.is_in(socket, room)))
    return {.denial = denial};
  const std::array<std::string_view, 3> command{"PUBLISH", room, data};
  const realtime::Ran ran = front_.commands().run(command, realtime::RunAs::server);
  if (!ran.reply.starts_with(':')) return {.denial = internal_error};
  Counters::add(front_.counters().publishes);
  return {};
}

// `request`: {"limit":…,"since":{"epoch":…,"offset":…},"reverse":…}, all of it optional.
SocketIoEvents::Outcome SocketIoEvents::history(SocketIoSocket& socket,
                                                std::string_view room,
                                                std::string_view request) {
  if (const auto denial = front_.authority().check(
          socket.identity(), Action::history, room, rooms_.is_in(socket, room)))
    return {.denial = denial};
  const std::string limit =
      std::to_string(std::min(number_of(request, "limit").value_or(0), history_page_max));
  std::vector<std::string_view> command{"RT.HISTORY", room, "LIMIT", limit};
  std::string epoch;
  std::string offset;
  if (const auto since = realtime::json_member(request, "since")) {
    const auto text = realtime::json_member(*since, "epoch");
    epoch = text ? json_string_value(*text).value_or("") : std::string();
    offset = std::to_string(number_of(*since, "offset").value_or(0));
    command.insert(command.end(), {"SINCE", epoch, offset});
  }
  if (realtime::json_member(request, "reverse") == "true") command.emplace_back("REVERSE");
  auto members = history_members(front_.commands().run(command, realtime::RunAs::server).reply);
  if (!members) return {.denial = not_available};
  return {.members = std::move(*members)};
}

SocketIoEvents::Outcome SocketIoEvents::presence(SocketIoSocket& socket, std::string_view room) {
  if (const auto denial = front_.authority().check(
          socket.identity(), Action::presence, room, rooms_.is_in(socket, room)))
    return {.denial = denial};
  const std::array<std::string_view, 2> command{"RT.PRESENCE", room};
  auto members = presence_members(front_.commands().run(command, realtime::RunAs::server).reply);
  if (!members) return {.denial = not_available};
  return {.members = std::move(*members)};
}

}  // namespace duplex::ws
