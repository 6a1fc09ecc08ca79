// Directives that route events of Socket.IO.
#include "server/config_socket_io.h"

#include "realtime/event_routes.h"

#include <utility>

namespace duplex::server {

namespace {

std::string line(std::string_view name, const std::vector<std::string>& words) {
  std::string text(name);
  for (const std::string& word : words)
    text.append(" ").append(in_quotes(word));
  return text;
}

// As CONFIG GET answers: all of them in one text.
std::string shown(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text.append(text.empty() ? "" : " ").append(in_quotes(word));
  return text + ";";
}

}  // namespace

Outcome write_sio_route(const Directive&, Config& config, Words words, Source) {
  auto route = realtime::read_event_route(words);
  if (!route) return std::unexpected(route.error());
  config.sio_routes.push_back(std::move(*route));
  return {};
}

std::string read_sio_routes(const Directive&, const Config& config) {
  std::vector<std::string> routes;
  for (const realtime::EventRoute& route : config.sio_routes)
    routes.push_back(shown(route_words(route)));
  return joined(routes);
}

std::vector<std::string> sio_route_lines(const Directive& directive, const Config& config) {
  std::vector<std::string> lines;
  for (const realtime::EventRoute& route : config.sio_routes)
    lines.push_back(line(directive.name, route_words(route)));
  return lines;
}

Outcome write_sio_bridge(const Directive&, Config& config, Words words, Source) {
  auto bridge = realtime::read_event_bridge(words);
  if (!bridge) return std::unexpected(bridge.error());
  config.sio_bridges.push_back(std::move(*bridge));
  return {};
}

std::string read_sio_bridges(const Directive&, const Config& config) {
  std::vector<std::string> bridges;
  for (const realtime::EventBridge& bridge : config.sio_bridges)
    bridges.push_back(shown(bridge_words(bridge)));
  return joined(bridges);
}

std::vector<std::string> sio_bridge_lines(const Directive& directive, const Config& config) {
  std::vector<std::string> lines;
  for (const realtime::EventBridge& bridge : config.sio_bridges)
    lines.push_back(line(directive.name, bridge_words(bridge)));
  return lines;
}

}  // namespace duplex::server
