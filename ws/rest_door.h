// Commands over HTTP, in the shape of Upstash's REST API.
#pragma once

#include "realtime/command_runner.h"
#include "ws/http_door.h"
#include "ws/options.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

// POST / and /pipeline and /multi-exec, and every address that no other door knows: it is asked
// last. Commands run as the ACL user that the token stands for. docs/http_api.md describes it.
//
// Thread: any loop. Lifetime: what it refers to outlives it.
class RestDoor final : public HttpDoor {
 public:
  explicit RestDoor(const Options& options);

  std::optional<Routed> route(const HttpRequest& request,
                              HttpFront& front,
                              const Respond& respond) override;

 private:
  // Nothing if the token is not known.
  std::shared_ptr<realtime::CommandSession> log_in(std::string_view token,
                                                   realtime::CommandRunner& commands) const;

  struct Token {
    std::string digest;
    std::string user;
  };
  const bool is_open_;
  std::vector<Token> tokens_;
};

}  // namespace duplex::ws
