// The opening handshake of a WebSocket, from the client's side.
#pragma once

#include "bench/load/options.h"
#include "bench/load/socket.h"

#include <expected>
#include <string>

namespace duplex::load {

// Asks for a WebSocket at the options' path; returns what came behind the response.
std::expected<std::string, std::string> open_web_socket(Socket& socket, const Options& options);

}  // namespace duplex::load
