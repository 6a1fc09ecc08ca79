// The addresses of bare WebSockets: the realtime protocol, and the echo of test suites.
#pragma once

#include "ws/http_door.h"
#include "ws/options.h"
#include "ws/origin_policy.h"

#include <optional>

namespace duplex::ws {

class RealtimeDoor final : public HttpDoor {
 public:
  // Lifetime: the options outlive the door.
  explicit RealtimeDoor(const Options& options) : options_(options), origins_(options.origins) {}

  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond& respond) override;

 private:
  const Options& options_;
  const OriginPolicy origins_;
};

}  // namespace duplex::ws
