// What the dashboard does with the admin token: any command, and listening to any channel.
#pragma once

#include "ws/api_keys.h"
#include "ws/http_door.h"
#include "ws/options.h"

#include <optional>

namespace duplex::ws {

// Closed without `admin-token`. Who has the token may do everything that the server itself may.
//
// POST /admin/command with [["INFO"],["GET","k"]] answers a list of results, as the REST door does;
// GET /admin/events?ch=a is a stream of events without rules.
//
// Thread: any loop. Lifetime: the options outlive the door.
class AdminDoor final : public HttpDoor {
 public:
  explicit AdminDoor(const Options& options)
      : options_(options), token_({&options.admin_token, 1}) {}

  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond& respond) override;

 private:
  Routed run(const HttpRequest& request, HttpFront& front, const Respond& respond);

  const Options& options_;
  const ApiKeys token_;
};

}  // namespace duplex::ws
