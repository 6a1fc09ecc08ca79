// The addresses of Socket.IO, as the configuration wants them.
#pragma once

#include "server/config.h"
#include "ws/http_router.h"
#include "ws/socket_io_routes.h"

#include <vector>

namespace duplex::server {

// Adds Socket.IO at sio-path, and for test suites the echo of Engine.IO at /engine.io/. Events of
// clients go to these routers, in this order. Lifetime: they outlive the router of HTTP.
void add_socket_io(ws::HttpRouter& router,
                   const Config& config,
                   std::vector<ws::EventRouter*> event_routers);

}  // namespace duplex::server
