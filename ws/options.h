// What the HTTP port is told by the configuration.
#pragma once

#include "ws/connection_limits.h"
#include "ws/frame_parser.h"
#include "ws/json_protocol.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace duplex::ws {

// `rest-token <token> <user>`: who has the token is that ACL user.
struct RestToken {
  std::string token;
  std::string user;
  bool operator==(const RestToken&) const = default;
};

struct Options {
  // HTTP.
  std::uint32_t header_bytes_max = 8 * 1024;
  std::uint64_t body_bytes_max = std::uint64_t{1} << 20;
  std::int64_t request_timeout_ms = 30'000;  // for a request to arrive, or its response to leave
  std::size_t connections_max = 10'000;      // WebSockets included, over all loops

  ConnectionLimitOptions connection_limits;  // of WebSockets and streams

  // WebSocket.
  std::vector<std::string> origins;  // rt-origins; none: the page's own host
  FrameLimits frames;
  JsonProtocolOptions json;
  std::int64_t connect_timeout_ms = 10'000;
  std::int64_t ping_interval_ms = 25'000;
  std::int64_t pong_timeout_ms = 8'000;
  std::int64_t close_timeout_ms = 5'000;
  bool compression = false;             // permessage-deflate, for those who offer it
  std::int64_t leave_delay_ms = 5'000;  // a user who is back within this time has not left
  std::size_t output_bytes_max = std::size_t{1} << 20;

  // Doors that are closed by default.
  std::vector<std::string> api_keys;  // of programs that use /api
  std::string admin_token;             // of the dashboard
  bool rest = false;                   // commands over HTTP
  std::vector<RestToken> rest_tokens;
  bool demo = false;
  bool conformance_endpoints = false;
};

}  // namespace duplex::ws
