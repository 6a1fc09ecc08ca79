// Directives that route events of Socket.IO.
#pragma once

#include "server/config_directive.h"

#include <string>
#include <vector>

namespace duplex::server {

Outcome write_sio_route(const Directive& directive, Config& config, Words words, Source source);
std::string read_sio_routes(const Directive& directive, const Config& config);
std::vector<std::string> sio_route_lines(const Directive& directive, const Config& config);

Outcome write_sio_bridge(const Directive& directive, Config& config, Words words, Source source);
std::string read_sio_bridges(const Directive& directive, const Config& config);
std::vector<std::string> sio_bridge_lines(const Directive& directive, const Config& config);

}  // namespace duplex::server
