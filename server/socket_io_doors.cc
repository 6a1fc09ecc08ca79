// Options out of directives.
#include "server/socket_io_doors.h"

#include "ws/engine_door.h"
#include "ws/engine_echo.h"
#include "ws/socket_io_echo.h"
#include "ws/socket_io_service.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace duplex::server {

namespace {

// What the test suites of Socket.IO connect to beside the main namespace.
constexpr std::string_view conformance_namespace = "/custom";

ws::EngineOptions engine_options(const Config& config) {
  return {.path = config.sio_path,
          .ping_interval_ms = config.sio_ping_interval_ms,
          .ping_timeout_ms = config.sio_ping_timeout_ms,
          .connect_timeout_ms = config.sio_connect_timeout_ms,
          .upgrade_timeout_ms = config.sio_upgrade_timeout_ms,
          .payload_bytes_max = static_cast<std::size_t>(config.sio_max_payload),
          .queue_bytes_max = static_cast<std::size_t>(config.ws_output_limit),
          .sessions_max = static_cast<std::size_t>(config.http_maxclients)};
}

ws::SocketIoOptions socket_io_options(const Config& config) {
  ws::SocketIoOptions options{
      .namespaces = config.sio_namespaces,
      .rooms_max = static_cast<std::size_t>(config.ws_channels_limit),
      .room_bytes_max = static_cast<std::size_t>(config.ws_channel_name_limit),
      .authenticate = !config.conformance_endpoints};
  if (config.conformance_endpoints) options.namespaces.emplace_back(conformance_namespace);
  return options;
}

}  // namespace

void add_socket_io(ws::HttpRouter& router,
                   const Config& config,
                   std::vector<ws::EventRouter*> event_routers) {
  static ws::SocketIoEcho echo;  // has no state
  if (config.conformance_endpoints) {
    event_routers.push_back(&echo);
    ws::EngineOptions options = engine_options(config);
    options.path = "/engine.io/";
    router.add(std::make_unique<ws::EngineDoor>(
        std::move(options), config.rt_origins, std::make_unique<ws::EngineEcho>()));
  }
  router.add(std::make_unique<ws::EngineDoor>(
      engine_options(config),
      config.rt_origins,
      std::make_unique<ws::SocketIoService>(socket_io_options(config), std::move(event_routers))));
}

}  // namespace duplex::server
