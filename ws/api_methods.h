// What the methods of the HTTP API do: commands, and their answers as JSON.
#pragma once

#include "realtime/authority.h"
#include "realtime/command_runner.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::ws {

// A request to the API, parsed. Lifetime: a view of its body.
struct ApiRequest {
  const boost::json::object& parameters;
  std::string_view text;  // of the whole body
};

// Why a request is not answered.
struct ApiError {
  unsigned status = 200;  // of HTTP; 200: the request itself was fine, the error is in the body
  unsigned code = 0;
  std::string message;
};

struct ApiResult {
  std::string json;                // the result, an object
  std::uint64_t log_position = 0;  // as in Ran
};

using ApiOutcome = std::expected<ApiResult, ApiError>;
using ApiMethod = ApiOutcome (*)(const ApiRequest& request, realtime::CommandRunner& commands);

// nullptr if there is none of that name.
ApiMethod find_api_method(std::string_view name);

// {"code":…,"message":…}, what stands behind "error".
std::string api_error_json(const ApiError& error);

}  // namespace duplex::ws
