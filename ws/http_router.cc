// The addresses of the HTTP port.
#include "ws/http_router.h"

#include "ws/base64.h"
#include "ws/handshake.h"
#include "ws/pages.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace duplex::ws {

namespace {

constexpr std::string_view subprotocol = "centrifuge-json";
constexpr std::string_view assets = "/web/";

// Pages load nothing from elsewhere and cannot be framed.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

bool is_read(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

HttpResponse fresh(std::string_view content_type, std::string body) {
  HttpResponse response;
  response.content_type = content_type;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse demo_state(const std::optional<std::string>& bitmap) {
  if (!bitmap) return http_error(503, "the key of the demo cannot be read");
  return fresh("application/json",
               fmt::format(R"({{"size":{},"bitmap":"{}"}})", demo_boxes, base64(*bitmap)));
}

}  // namespace

HttpResponse HttpRouter::page(const HttpRequest& request, std::string_view name) const {
  const Page* found = find_page(name);
  if (found == nullptr) return http_error(404, "there is nothing here");
  HttpResponse response;
  response.content_type = found->content_type;
  response.fields.emplace_back("ETag", found->etag);
  response.fields.emplace_back("Cache-Control", "no-cache");
  response.fields.emplace_back("Content-Security-Policy", content_policy);
  response.fields.emplace_back("X-Content-Type-Options", "nosniff");
  response.fields.emplace_back("Referrer-Policy", "no-referrer");
  if (request.field_lists("If-None-Match", found->etag))
    response.status = 304;
  else
    response.page = found->bytes;
  return response;
}

Routed HttpRouter::upgrade(const HttpRequest& request, Door door) const {
  auto response = accept_handshake(
      request, origins_, door == Door::realtime ? subprotocol : std::string_view());
  if (!response) return std::move(response.error());
  return Upgrade{door, std::move(*response)};
}

Routed HttpRouter::route(const HttpRequest& request, Respond respond) const {
  if (request.is_http_1_1 && !request.has_field("Host"))
    return http_error(400, "the Host field is missing");
  const std::string_view path = request.path();
  if (path == "/connection/websocket" || path == "/rt") return upgrade(request, Door::realtime);
  if (path == "/echo" && options_.conformance_endpoints) return upgrade(request, Door::echo);

  if (!is_read(request)) {
    HttpResponse response = http_error(405, "only GET and HEAD are answered here");
    response.fields.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/") return page(request, "index.html");
  if (path.starts_with(assets)) return page(request, path.substr(assets.size()));
  if (path == "/health") return fresh("application/json", "{\"status\":\"ok\"}\n");
  if (path == "/metrics")
    return fresh("text/plain; version=0.0.4; charset=utf-8", metrics_.metrics_text());
  if (path == "/api/stats") return fresh("application/json", metrics_.stats_json());
  if (demo_ != nullptr && path == "/demo") return page(request, "demo.html");
  if (demo_ != nullptr && path == "/demo/state") {
    demo_->read([respond = std::move(respond)](const std::optional<std::string>& bitmap) {
      respond(demo_state(bitmap));
    });
    return Deferred{};
  }
  if (path == "/demo" || path == "/demo/state")
    return http_error(404, "the demo is off; it needs the directive: demo yes");
  return http_error(404, "there is nothing here");
}

}  // namespace duplex::ws
