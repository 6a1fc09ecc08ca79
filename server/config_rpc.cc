// `rt-rpc <method> <stream>`: which calls of browsers go to which stream.
#include "server/config_rpc.h"

#include "server/config_values.h"

#include <fmt/format.h>

namespace duplex::server {

Outcome write_rpc_route(const Directive&, Config& config, Words words, Source) {
  if (words.size() != 2 || words[0].empty() || words[1].empty())
    return std::unexpected("must be a pattern of methods and the key of a stream");
  config.rpc_routes.push_back({words[0], words[1]});
  return {};
}

std::string read_rpc_routes(const Directive&, const Config& config) {
  std::string text;
  for (const RpcRoute& route : config.rpc_routes)
    text += fmt::format("{}{} {};", text.empty() ? "" : " ", route.methods, route.stream);
  return text;
}

std::vector<std::string> rpc_route_lines(const Directive&, const Config& config) {
  std::vector<std::string> lines;
  for (const RpcRoute& route : config.rpc_routes)
    lines.push_back(fmt::format("rt-rpc {} {}", in_quotes(route.methods), in_quotes(route.stream)));
  return lines;
}

}  // namespace duplex::server
