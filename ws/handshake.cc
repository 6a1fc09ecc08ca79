// Checks in the order of the standard, and the answer to the key.
#include "ws/handshake.h"

#include "base/base64.h"
#include "base/sha1.h"
#include "ws/deflate.h"

#include <fmt/format.h>

namespace duplex::ws {

namespace {

constexpr std::string_view protocol_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// The key is the base64 form of 16 bytes: 22 letters and two equals signs.
bool is_key(std::string_view key) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.ends_with("==") &&
         key.substr(0, 22).find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

std::string accept_key(std::string_view key) {
  const std::string text = fmt::format("{}{}", key, protocol_guid);
  const base::Sha1Digest digest = base::sha1(text);
  return base::base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::expected<std::string, HttpResponse> accept_handshake(const HttpRequest& request,
                                                          const OriginPolicy& origins,
                                                          std::string_view subprotocol,
                                                          bool deflates) {
  if (!request.field_lists("Upgrade", "websocket") ||
      !request.field_lists("Connection", "upgrade")) {
    HttpResponse response = http_error(426, "this address speaks WebSocket");
    response.fields.emplace_back("Upgrade", "websocket");
    response.fields.emplace_back("Connection", "Upgrade");
    return std::unexpected(std::move(response));
  }
  if (request.method != "GET" || !request.is_http_1_1)
    return std::unexpected(http_error(400, "a WebSocket starts with a GET request of HTTP/1.1"));
  if (request.field("Sec-WebSocket-Version") != "13") {
    HttpResponse response = http_error(426, "only version 13 of WebSocket is spoken here");
    response.fields.emplace_back("Sec-WebSocket-Version", "13");
    return std::unexpected(std::move(response));
  }
  if (!is_key(request.field("Sec-WebSocket-Key")))
    return std::unexpected(http_error(400, "Sec-WebSocket-Key is missing or malformed"));
  if (!origins.allows(request))
    return std::unexpected(http_error(403, "this origin is not allowed, see rt-origins"));

  std::string response = fmt::format(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: {}\r\n",
      accept_key(request.field("Sec-WebSocket-Key")));
  if (!subprotocol.empty() && request.field_lists("Sec-WebSocket-Protocol", subprotocol))
    response += fmt::format("Sec-WebSocket-Protocol: {}\r\n", subprotocol);
  if (deflates) response += fmt::format("Sec-WebSocket-Extensions: {}\r\n", deflate_answer);
  response += "\r\n";
  return response;
}

}  // namespace duplex::ws
