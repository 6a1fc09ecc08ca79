// What fetchSockets() tells of a socket.
#include "ws/socket_io_description.h"

#include "realtime/json_text.h"
#include "ws/http_message.h"
#include "ws/socket_io_socket.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <string_view>

namespace duplex::ws {

namespace {

void add_member(std::string& out, std::string_view name, std::string_view text) {
  if (!out.ends_with('{')) out += ',';
  realtime::append_json_string(out, name);
  out += ':';
  realtime::append_json_string(out, text);
}

// {"EIO":"4","transport":"polling"} from "/socket.io/?EIO=4&transport=polling".
std::string query_object(std::string_view target) {
  std::string out = "{";
  const std::size_t mark = target.find('?');
  std::string_view rest =
      mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (!pair.empty())
      add_member(out, pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out + "}";
}

// As Date.toString() says it in a server that runs in UTC.
std::string date_text(std::int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%a %b %d %Y %H:%M:%S} GMT+0000 (Coordinated Universal Time)", parts);
}

}  // namespace

std::string describe_socket(const SocketIoSocket& socket) {
  const EngineClient& client = socket.handshake();
  std::string headers = "{";
  if (!client.user_agent.empty()) add_member(headers, "user-agent", client.user_agent);
  if (!client.origin.empty()) add_member(headers, "origin", client.origin);
  headers += '}';
  std::string rooms = "[";
  for (const std::string& room : socket.rooms()) {
    if (rooms.size() > 1) rooms += ',';
    realtime::append_json_string(rooms, room);
  }
  rooms += ']';
  std::string texts = "{";
  add_member(texts, "time", date_text(client.opened_ms));
  add_member(texts, "address", std::string_view(client.peer).substr(0, client.peer.rfind(':')));
  add_member(texts, "url", client.target);
  std::string data = "{";
  if (!socket.identity().user.empty()) add_member(data, "user", socket.identity().user);
  data += '}';
  std::string id;
  realtime::append_json_string(id, socket.id());
  return fmt::format(R"({{"id":{},"handshake":{},"headers":{},"xdomain":{},"secure":{},)"
                     R"("issued":{},"query":{},"auth":{}}},"rooms":{},"data":{}}})",
                     id,
                     texts,
                     headers,
                     !client.origin.empty(),
                     client.is_tls,
                     client.opened_ms,
                     query_object(client.target),
                     socket.auth().empty() ? "{}" : socket.auth(),
                     rooms,
                     data);
}

}  // namespace duplex::ws
