// Where streams of events begin: GET /sse, and the tickets for it.
#pragma once

#include "realtime/identity.h"
#include "ws/http_door.h"
#include "ws/options.h"
#include "ws/origin_policy.h"
#include "ws/sse_session.h"
#include "ws/tickets.h"

#include <expected>
#include <memory>
#include <optional>

namespace duplex::ws {

// Which channels a request wants to read, and from where; an error if it cannot be served.
std::expected<SseRequest, HttpResponse> read_sse_request(const HttpRequest& request,
                                                         const Options& options);
// The stream itself. Requires: asked.identity is set, and may read these channels.
Upgrade open_stream(const HttpRequest& request, SseRequest asked);

// Who a page is, it shows by a ticket, by an Authorization field, or by a cookie; cookies only
// count if the page is of an allowed origin. docs/http_api.md describes it.
//
// Thread: any loop. Lifetime: the options outlive the door.
class SseDoor final : public HttpDoor {
 public:
  explicit SseDoor(const Options& options) : options_(options), origins_(options.origins) {}

  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond& respond) override;

 private:
  using Identified = std::expected<std::shared_ptr<const realtime::Identity>, HttpResponse>;

  Identified identify(const HttpRequest& request, HttpFront& front);
  Routed open(const HttpRequest& request, HttpFront& front);
  HttpResponse issue(const HttpRequest& request, HttpFront& front);

  const Options& options_;
  const OriginPolicy origins_;
  Tickets tickets_;
};

}  // namespace duplex::ws
