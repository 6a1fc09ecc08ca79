// Does with the events of clients what the routes of the configuration say.
#include "ws/socket_io_router.h"

#include "base/glob.h"
#include "realtime/json_text.h"
#include "realtime/replies.h"
#include "resp/reply_value.h"
#include "ws/counters.h"
#include "ws/http_front.h"
#include "ws/socket_io_client.h"
#include "ws/socket_io_cluster.h"
#include "ws/socket_io_packet.h"
#include "ws/socket_io_rooms.h"
#include "ws/socket_io_service.h"
#include "ws/socket_io_socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace duplex::ws {

namespace {

using realtime::EventRoute;
using realtime::RunAs;
using Verb = EventRoute::Verb;

constexpr unsigned internal_error = 100;
constexpr unsigned permission_denied = 103;
constexpr unsigned bad_request = 107;

// As many entries as the streams adapter of Socket.IO keeps.
constexpr std::string_view stream_entries_max = "10000";

// The command and the event in one step: whoever sees the event later than another one sees the
// data of both. If the command fails there is no event.
constexpr std::string_view run_and_publish =
    "redis.setresp(3) "
    "local reply = redis.pcall(unpack(ARGV, 3)) "
    "if type(reply) ~= 'table' or not reply.err then redis.call('PUBLISH', ARGV[1], ARGV[2]) end "
    "return reply";

std::string_view first_argument(const SocketIoCall& call) {
  const auto arguments = json_elements(call.arguments);
  return arguments.empty() ? std::string_view() : arguments[0];
}

constexpr std::string_view no_permission = "-NOPERM";

// An error of a command that has values of the client in it: the client may know it.
SocketIoRouter::Refused refusal_of(std::string_view reply) {
  if (reply.starts_with(no_permission)) return {permission_denied, "permission denied"};
  return {bad_request, std::string(reply.substr(1, reply.find('\r') - 1))};
}

// An error of a command that the configuration alone has written.
SocketIoRouter::Refused internal_refusal(std::string_view reply) {
  if (reply.starts_with(no_permission)) return {permission_denied, "permission denied"};
  return {internal_error, "internal server error"};
}

bool is_error(std::string_view reply) {
  return reply.starts_with('-') || reply.starts_with('!');
}

// The event's name and the arguments of the client's own.
SocketEvent event_of(const std::string& name, const SocketIoCall& call) {
  SocketEvent event;
  event.data.json = "[";
  realtime::append_json_string(event.data.json, name);
  if (!call.arguments.empty()) event.data.json.append(",").append(call.arguments);
  event.data.json += ']';
  event.data.attachments.assign(call.attachments.begin(), call.attachments.end());
  return event;
}

std::optional<SocketTarget> target_of(const realtime::EmitRule& rule, const SocketIoCall& call) {
  if (!rule.room) return SocketTarget{};
  auto room = word_value(*rule.room, first_argument(call));
  if (!room || room->empty()) return std::nullopt;
  return SocketTarget{.rooms = {std::move(*room)}, .except = {}};
}

// Whether the user of browsers is there, is not switched off, and may run this.
bool fence_allows(HttpFront& front, const std::vector<std::string>& words) {
  const std::string_view who[] = {"ACL", "GETUSER", "browser"};
  const std::string reply = front.commands().run(who, RunAs::server).reply;
  std::string_view rest = reply;
  const auto user = resp::read_reply(rest);
  const resp::ReplyValue* flags = user ? user->find("flags") : nullptr;
  if (flags == nullptr ||
      std::ranges::find(flags->elements, "on", &resp::ReplyValue::text) == flags->elements.end())
    return false;
  std::vector<std::string_view> question{"ACL", "DRYRUN", "browser"};
  question.insert(question.end(), words.begin(), words.end());
  return front.commands().run(question, RunAs::server).reply == "+OK\r\n";
}

HttpFront& front_of(SocketIoSocket& socket) {
  return socket.client().loop().front();
}

}  // namespace

bool SocketIoRouter::handle(SocketIoSocket& socket, const SocketIoCall& call) {
  for (const EventRoute& route : routes_) {
    if (route.name_space != socket.name_space() || !base::glob_match(route.event, call.event))
      continue;
    Outcome refused;
    switch (route.verb) {
      case Verb::stream:
        add_to_stream(socket, route.target, call);
        return true;
      case Verb::publish:
        refused = publish(socket, route.target, call);
        break;
      case Verb::emit:
        refused = emit(socket, *route.emit, call);
        break;
      case Verb::run:
        refused = run(socket, route, call);
        break;
    }
    if (refused)
      socket.ack_error(call.ack, refused->code, refused->message);
    else
      socket.ack(call.ack, R"({"ok":true})");
    return true;
  }
  return false;
}

SocketIoRouter::Outcome SocketIoRouter::publish(SocketIoSocket& socket,
                                                const std::string& channel,
                                                const SocketIoCall& call) {
  std::string_view payload = first_argument(call);
  if (payload.empty()) payload = "null";
  if (!call.attachments.empty()) {
    // Bytes can be published, but not in the middle of JSON.
    if (json_elements(call.arguments).size() != 1 ||
        !realtime::json_member(payload, "_placeholder"))
      return Refused{bad_request, "binary within JSON cannot be published"};
    payload = call.attachments[0];
  }
  HttpFront& front = front_of(socket);
  const std::string_view command[] = {"PUBLISH", channel, payload};
  const std::string reply = front.commands().run(command, RunAs::browser).reply;
  if (is_error(reply)) return internal_refusal(reply);
  Counters::add(front.counters().publishes);
  return std::nullopt;
}

SocketIoRouter::Outcome SocketIoRouter::emit(SocketIoSocket& socket,
                                             const realtime::EmitRule& rule,
                                             const SocketIoCall& call) {
  const auto target = target_of(rule, call);
  if (!target) return Refused{bad_request, "the room is missing"};
  cluster_.emit(front_of(socket), socket.name_space(), *target, event_of(rule.event, call));
  return std::nullopt;
}

SocketIoRouter::Outcome SocketIoRouter::run(SocketIoSocket& socket,
                                            const EventRoute& route,
                                            const SocketIoCall& call) {
  HttpFront& front = front_of(socket);
  const std::string_view argument = first_argument(call);
  std::vector<std::string> words;
  for (const realtime::RouteWord& word : route.command) {
    auto value = word_value(word, argument);
    if (!value) return Refused{bad_request, "no value at " + word.text};
    words.push_back(std::move(*value));
  }
  if (!route.emit) {
    const std::vector<std::string_view> command(words.begin(), words.end());
    const realtime::Ran ran = front.commands().run(command, RunAs::browser);
    if (!is_error(ran.reply)) return std::nullopt;
    return refusal_of(ran.reply);
  }
  const auto target = target_of(*route.emit, call);
  if (!target) return Refused{bad_request, "the room is missing"};
  // The fence is asked first: the script runs without it, as it publishes for other servers too.
  if (!fence_allows(front, words)) return Refused{permission_denied, "permission denied"};
  const SocketEvent event = event_of(route.emit->event, call);
  const auto [channel, payload] = cluster_.publication(socket.name_space(), *target, event);
  std::vector<std::string_view> command{"EVAL", run_and_publish, "0", channel, payload};
  command.insert(command.end(), words.begin(), words.end());
  const realtime::Ran ran = front.commands().run(command, RunAs::server);
  if (is_error(ran.reply)) return refusal_of(ran.reply);
  cluster_.tell_other_adapters(front, socket.name_space(), *target, event);
  return std::nullopt;
}

void SocketIoRouter::add_to_stream(SocketIoSocket& socket,
                                   const std::string& key,
                                   const SocketIoCall& call) {
  if (!call.attachments.empty())
    return socket.ack_error(call.ack, bad_request, "binary cannot go to a stream");
  HttpFront& front = front_of(socket);
  const auto arguments = json_elements(call.arguments);
  const std::string_view data = arguments.empty() ? "null" : arguments[0];
  std::vector<std::string_view> command{"XADD",
                                        key,
                                        "MAXLEN",
                                        "~",
                                        stream_entries_max,
                                        "*",
                                        "sid",
                                        socket.id(),
                                        "user",
                                        socket.identity().user,
                                        "nsp",
                                        socket.name_space(),
                                        "event",
                                        call.event,
                                        "data",
                                        data};
  std::string all;
  if (arguments.size() > 1) {
    all = fmt::format("[{}]", call.arguments);
    command.insert(command.end(), {"arguments", all});
  }
  std::string token;
  if (call.ack) {
    const auto done = [&rooms = socket.client().loop().rooms(),
                       nsp = socket.name_space(),
                       id = socket.id(),
                       ack = call.ack](const realtime::Answer& answer) {
      SocketIoSocket* asker = rooms.find(nsp, id);
      if (asker == nullptr) return;
      if (answer)
        asker->ack(ack, *answer);
      else if (!answer.error().is_overdue)
        asker->ack_error(ack, answer.error().code, answer.error().message);
    };
    token = front.replies().expect(HttpFront::now_ms(), done);
    command.insert(command.end(), {"reply", token});
  }
  const std::string answer = front.commands().run(command, RunAs::browser).reply;
  if (!is_error(answer)) return;
  front.replies().forget(token);
  const Refused refused = internal_refusal(answer);
  socket.ack_error(call.ack, refused.code, refused.message);
}

}  // namespace duplex::ws
