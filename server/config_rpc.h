// `rt-rpc <method> <stream>`: which calls of browsers go to which stream.
#pragma once

#include "server/config_directive.h"

#include <string>
#include <vector>

namespace duplex::server {

Outcome write_rpc_route(const Directive& directive, Config& config, Words words, Source source);
std::string read_rpc_routes(const Directive& directive, const Config& config);
std::vector<std::string> rpc_route_lines(const Directive& directive, const Config& config);

}  // namespace duplex::server
