// Asks for the upgrade and reads the answer.
#include "bench/load/web_socket.h"

#include <fmt/format.h>

namespace duplex::load {

std::expected<std::string, std::string> open_web_socket(Socket& socket, const Options& options) {
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ZHVwbGV4LWxvYWQtbWFyaw==\r\n\r\n",
      options.path,
      options.host,
      options.http_port);
  if (const auto sent = socket.send_all(request); !sent) return std::unexpected(sent.error());
  std::string response;
  while (response.find("\r\n\r\n") == response.npos) {
    const auto bytes = socket.receive_some();
    if (!bytes) return std::unexpected(bytes.error());
    response += *bytes;
  }
  const std::string status = response.substr(0, response.find('\r'));
  if (!status.starts_with("HTTP/1.1 101"))
    return std::unexpected(fmt::format("no upgrade to a WebSocket: {}", status));
  return response.substr(response.find("\r\n\r\n") + 4);
}

}  // namespace duplex::load
