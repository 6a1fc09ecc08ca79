// The HTTP API for programs: POST /api/<method>, in the shape of Centrifugo's.
#pragma once

#include "ws/api_keys.h"
#include "ws/http_door.h"
#include "ws/idempotency.h"
#include "ws/metrics_source.h"
#include "ws/options.h"

#include <optional>
#include <string_view>

namespace duplex::ws {

// Closed without a key. Everything it does, it does by commands, as the server itself.
// docs/http_api.md describes it for users.
//
// Thread: any loop. Lifetime: what it refers to outlives it.
class ApiDoor final : public HttpDoor {
 public:
  ApiDoor(const Options& options, MetricsSource& metrics);

  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond& respond) override;

 private:
  HttpResponse answer(std::string_view method, std::string_view body, HttpFront& front);

  const ApiKeys keys_;
  MetricsSource& metrics_;
  Idempotency done_;
};

}  // namespace duplex::ws
