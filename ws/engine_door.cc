// Which request belongs to which session, and what it is answered.
#include "ws/engine_door.h"

#include "base/clock.h"
#include "ws/engine_socket.h"
#include "ws/gzip.h"
#include "ws/handshake.h"
#include "ws/http_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace duplex::ws {

namespace {

// Shorter answers leave as they are.
constexpr std::size_t gzip_bytes_min = 1024;

// The value of a parameter of the query, as it stands there; nothing if it is missing.
std::optional<std::string_view> parameter(std::string_view target, std::string_view name) {
  const std::size_t begin = target.find('?');
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view rest = target.substr(begin + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, std::min(rest.find('&'), rest.size()));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.substr(0, pair.find('=')) == name)
      return pair.size() > name.size() ? pair.substr(name.size() + 1) : std::string_view();
  }
  return std::nullopt;
}

// Pages of other origins that are allowed here may read the answers.
void allow_origin(HttpResponse& response, std::string_view origin) {
  if (origin.empty()) return;
  response.fields.emplace_back("Access-Control-Allow-Origin", origin);
  response.fields.emplace_back("Access-Control-Allow-Credentials", "true");
  response.fields.emplace_back("Vary", "Origin");
}

HttpResponse answer_of(std::string body, std::string_view content_type, std::string_view origin) {
  HttpResponse response;
  response.content_type = content_type;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  allow_origin(response, origin);
  return response;
}

HttpResponse answer_of(const EngineError& error, std::string_view origin) {
  HttpResponse response =
      answer_of(fmt::format(R"({{"code":{},"message":"{}"}})", error.code, error.message),
                "application/json",
                origin);
  response.status = error.status;
  return response;
}

// Who reads the answers to polls: what is kept of a request until its answer comes.
struct Reader {
  std::string origin;
  bool takes_gzip = false;
};

Reader reader_of(const HttpRequest& request) {
  return {.origin = std::string(request.field("Origin")),
          .takes_gzip = request.field_lists("Accept-Encoding", "gzip")};
}

HttpResponse poll_answer(std::string payload, const Reader& reader) {
  const bool is_packed = reader.takes_gzip && payload.size() >= gzip_bytes_min;
  HttpResponse response = answer_of(
      is_packed ? gzip(payload) : std::move(payload), "text/plain; charset=UTF-8", reader.origin);
  if (is_packed) response.fields.emplace_back("Content-Encoding", "gzip");
  return response;
}

HttpResponse preflight(const HttpRequest& request, std::string_view origin) {
  HttpResponse response = answer_of({}, "text/plain; charset=UTF-8", origin);
  response.fields.emplace_back("Access-Control-Allow-Methods", "GET, POST");
  const std::string_view headers = request.field("Access-Control-Request-Headers");
  if (!headers.empty()) response.fields.emplace_back("Access-Control-Allow-Headers", headers);
  response.fields.emplace_back("Access-Control-Max-Age", "600");
  return response;
}

EngineClient client_of(const HttpRequest& request) {
  return {.target = std::string(request.target),
          .peer = std::string(request.peer),
          .origin = std::string(request.field("Origin")),
          .user_agent = std::string(request.field("User-Agent")),
          .is_tls = request.is_tls,
          .opened_ms = base::wall_ms()};
}

bool is_at(std::string_view path, std::string_view endpoint) {
  return path == endpoint || path == endpoint.substr(0, endpoint.size() - 1);
}

}  // namespace

std::optional<Routed> EngineDoor::route(const HttpRequest& request,
                                        HttpFront& front,
                                        const Respond& respond) {
  if (!is_at(request.path(), options_.path)) return std::nullopt;
  const std::string_view origin = request.field("Origin");
  if (!origins_.allows(request)) return answer_of(engine_errors::forbidden, {});
  if (request.method == "OPTIONS") return preflight(request, origin);
  return route_session(request, front, respond);
}

Routed EngineDoor::route_session(const HttpRequest& request,
                                 HttpFront& front,
                                 const Respond& respond) {
  const std::string_view origin = request.field("Origin");
  const bool is_upgrade = request.field_lists("Upgrade", "websocket");
  const auto transport = parameter(request.target, "transport");
  if (transport != "polling" && transport != "websocket")
    return answer_of(engine_errors::unknown_transport, origin);
  if (is_upgrade != (transport == "websocket"))
    return answer_of(engine_errors::bad_request, origin);
  if (parameter(request.target, "EIO") != "4") return answer_of(engine_errors::bad_version, origin);
  if (front.is_shutting_down()) return answer_of(engine_errors::too_many, origin);

  const auto sid = parameter(request.target, "sid");
  if (!sid) {
    if (request.method != "GET") return answer_of(engine_errors::bad_method, origin);
    return is_upgrade ? open_socket(request, front, nullptr) : open_polling(request, front);
  }
  const auto loop = loop_of_engine_sid(*sid);
  if (!loop || *loop >= front.loops()) return answer_of(engine_errors::unknown_session, origin);
  if (*loop != front.loop().index()) return MoveTo{*loop};
  EngineSession* session = sessions_of(front).find(*sid);
  if (session == nullptr) return answer_of(engine_errors::unknown_session, origin);
  if (is_upgrade) return open_socket(request, front, session);
  if (request.method == "GET") return poll(*session, request, respond);
  if (request.method == "POST") return post(*session, request, front);
  return answer_of(engine_errors::bad_request, origin);
}

EngineSessions& EngineDoor::sessions_of(HttpFront& front) {
  auto& sessions = sessions_[front.loop().index()];
  if (!sessions) sessions = std::make_unique<EngineSessions>(front.loop(), options_, count_);
  return *sessions;
}

Routed EngineDoor::open_polling(const HttpRequest& request, HttpFront& front) {
  const std::string_view origin = request.field("Origin");
  EngineSession* session = sessions_of(front).add(client_of(request));
  if (session == nullptr) return answer_of(engine_errors::too_many, origin);
  return poll_answer(session->open_polling(service_->open(*session, front)), reader_of(request));
}

Routed EngineDoor::poll(EngineSession& session,
                        const HttpRequest& request,
                        const Respond& respond) {
  const Reader reader = reader_of(request);
  auto payload = session.poll(
      [respond, reader](std::string later) { respond(poll_answer(std::move(later), reader)); });
  if (!payload) return answer_of(payload.error(), reader.origin);
  if (*payload) return poll_answer(std::move(**payload), reader);
  return Deferred{[&sessions = session.owner(), sid = session.sid(), number = session.last_poll()] {
    if (EngineSession* abandoned = sessions.find(sid)) abandoned->abandon_poll(number);
  }};
}

Routed EngineDoor::post(EngineSession& session, const HttpRequest& request, HttpFront& front) {
  const std::string_view origin = request.field("Origin");
  if (request.field_lists("Content-Type", "application/octet-stream")) {
    session.close(EngineEnd::protocol);
    return answer_of(engine_errors::bad_request, origin);
  }
  const auto taken = session.post(request.body);
  front.subscribers().deliver_waiting();  // what was published goes out after the replies
  if (!taken) return answer_of(taken.error(), origin);
  return answer_of("ok", "text/html", origin);
}

// Whether the session can be taken over is decided when the socket is there: a client expects to
// be told by its end.
Routed EngineDoor::open_socket(const HttpRequest& request,
                               HttpFront& front,
                               EngineSession* session) {
  auto response = accept_handshake(request, origins_, {});
  if (!response) return std::move(response.error());
  EngineSessions& sessions = sessions_of(front);
  if (session != nullptr)
    return Upgrade{std::move(*response), [&sessions, sid = session->sid()](HttpFront& on) {
                     return std::make_unique<EngineSocket>(on, sessions, sid);
                   }};
  return Upgrade{std::move(*response),
                 [this, &sessions, client = client_of(request)](HttpFront& on) {
                   return std::make_unique<EngineSocket>(
                       on, sessions, client, [this, &on](EngineSession& opened) {
                         return service_->open(opened, on);
                       });
                 }};
}

void EngineDoor::begin_shutdown(HttpFront& front) {
  if (const auto& sessions = sessions_[front.loop().index()])
    sessions->close_all(EngineEnd::shutting_down);
}

}  // namespace duplex::ws
