// What stands behind an Engine.IO endpoint.
#pragma once

#include "ws/engine_session.h"

#include <memory>

namespace duplex::ws {

class HttpFront;

// Thread: any loop.
class EngineService {
 public:
  virtual ~EngineService() = default;
  // What the messages of a new session mean. `front` is the one of the session's loop.
  virtual std::unique_ptr<EngineApplication> open(EngineSession& session, HttpFront& front) = 0;
};

}  // namespace duplex::ws
