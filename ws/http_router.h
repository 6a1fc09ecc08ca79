// What the HTTP port answers to which address. Does no I/O.
#pragma once

#include "ws/demo_state.h"
#include "ws/http_message.h"
#include "ws/metrics_source.h"
#include "ws/options.h"
#include "ws/origin_policy.h"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace duplex::ws {

// Who a WebSocket is for.
enum class Door : std::uint8_t { realtime, echo };

struct Upgrade {
  Door door;
  std::string response;  // the bytes to send before the first frame
};

// The response will come through Respond.
struct Deferred {};

using Routed = std::variant<HttpResponse, Upgrade, Deferred>;

// Thread: any. Lifetime: what it refers to outlives it.
class HttpRouter {
 public:
  using Respond = std::function<void(HttpResponse)>;

  // `demo` is nullptr when the demo is off.
  HttpRouter(const Options& options, MetricsSource& metrics, DemoState* demo)
      : options_(options), origins_(options.origins), metrics_(metrics), demo_(demo) {}

  // `respond` is used at most once, on the calling loop, and only if the result is Deferred.
  Routed route(const HttpRequest& request, Respond respond) const;

 private:
  Routed upgrade(const HttpRequest& request, Door door) const;
  HttpResponse page(const HttpRequest& request, std::string_view name) const;

  const Options& options_;
  const OriginPolicy origins_;
  MetricsSource& metrics_;
  DemoState* const demo_;
};

}  // namespace duplex::ws
