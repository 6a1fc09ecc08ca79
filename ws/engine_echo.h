// The conformance endpoint of Engine.IO: sends every message back as it came.
#pragma once

#include "ws/engine_service.h"

#include <memory>

namespace duplex::ws {

class EngineEcho final : public EngineService {
 public:
  std::unique_ptr<EngineApplication> open(EngineSession& session, HttpFront& front) override;
};

}  // namespace duplex::ws
