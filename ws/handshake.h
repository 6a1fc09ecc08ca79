// The opening handshake of a WebSocket (RFC 6455, section 4.2).
#pragma once

#include "ws/http_message.h"
#include "ws/origin_policy.h"

#include <expected>
#include <string>
#include <string_view>

namespace duplex::ws {

// Checks the request and returns the bytes of the 101 response, or the error response.
// `subprotocol` is chosen if the client offers it; empty: none is. `deflates`: the client has
// offered compression (deflate.h), and it is accepted.
std::expected<std::string, HttpResponse> accept_handshake(const HttpRequest& request,
                                                          const OriginPolicy& origins,
                                                          std::string_view subprotocol,
                                                          bool deflates = false);

// The answer to a Sec-WebSocket-Key.
std::string accept_key(std::string_view key);

}  // namespace duplex::ws
