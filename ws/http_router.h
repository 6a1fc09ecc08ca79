// What the HTTP port answers to which address. Does no I/O.
#pragma once

#include "ws/http_door.h"

#include <memory>
#include <utility>
#include <vector>

namespace duplex::ws {

// Thread: route() from any loop; add() before the loops run.
class HttpRouter {
 public:
  // Doors are asked in the order in which they were added.
  void add(std::unique_ptr<HttpDoor> door) { doors_.push_back(std::move(door)); }

  Routed route(const HttpRequest& request, HttpFront& front, const Respond& respond) const;
  void begin_shutdown(HttpFront& front) const;

 private:
  std::vector<std::unique_ptr<HttpDoor>> doors_;
};

}  // namespace duplex::ws
