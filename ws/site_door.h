// The pages, and what they and monitoring read.
#pragma once

#include "ws/demo_state.h"
#include "ws/http_door.h"
#include "ws/metrics_source.h"

#include <optional>
#include <string_view>

namespace duplex::ws {

// Thread: any loop. Lifetime: what it refers to outlives it.
class SiteDoor final : public HttpDoor {
 public:
  // `demo` is nullptr when the demo is off.
  SiteDoor(MetricsSource& metrics, DemoState* demo) : metrics_(metrics), demo_(demo) {}

  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond& respond) override;

 private:
  std::optional<Routed> demo(std::string_view path,
                             const HttpRequest& request,
                             const Respond& respond);

  MetricsSource& metrics_;
  DemoState* const demo_;
};

}  // namespace duplex::ws
