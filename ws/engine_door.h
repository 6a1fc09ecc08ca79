// The address of an Engine.IO endpoint: polling requests, and WebSockets that open or take over.
#pragma once

#include "ws/engine_service.h"
#include "ws/engine_sessions.h"
#include "ws/http_door.h"
#include "ws/origin_policy.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

// Thread: any loop; what belongs to a loop is made on it.
class EngineDoor final : public HttpDoor {
 public:
  EngineDoor(EngineOptions options,
             std::vector<std::string> origins,
             std::unique_ptr<EngineService> service)
      : options_(std::move(options)), origins_(std::move(origins)), service_(std::move(service)) {}

  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond& respond) override;
  void begin_shutdown(HttpFront& front) override;

 private:
  EngineSessions& sessions_of(HttpFront& front);
  Routed route_session(const HttpRequest& request, HttpFront& front, const Respond& respond);
  Routed open_polling(const HttpRequest& request, HttpFront& front);
  Routed poll(EngineSession& session, const HttpRequest& request, const Respond& respond);
  Routed post(EngineSession& session, const HttpRequest& request, HttpFront& front);
  Routed open_socket(const HttpRequest& request, HttpFront& front, EngineSession* session);

  const EngineOptions options_;
  const OriginPolicy origins_;
  const std::unique_ptr<EngineService> service_;  // outlives the sessions
  std::atomic<std::size_t> count_{0};
  std::array<std::unique_ptr<EngineSessions>, engine_loops_max> sessions_;  // by loop
};

}  // namespace duplex::ws
