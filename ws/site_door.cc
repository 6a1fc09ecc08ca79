// Pages, health, metrics and the demo.
#include "ws/site_door.h"

#include "base/base64.h"
#include "ws/pages.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

namespace duplex::ws {

namespace {

constexpr std::string_view assets = "/web/";

// Pages load nothing from elsewhere and cannot be framed.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

HttpResponse fresh(std::string_view content_type, std::string body) {
  HttpResponse response;
  response.content_type = content_type;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse page(const HttpRequest& request, std::string_view name) {
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

HttpResponse demo_state(const std::optional<std::string>& bitmap) {
  if (!bitmap) return http_error(503, "the key of the demo cannot be read");
  return fresh("application/json",
               fmt::format(R"({{"size":{},"bitmap":"{}"}})", demo_boxes, base::base64(*bitmap)));
}

bool is_own(std::string_view path) {
  return path == "/" || path == "/health" || path == "/metrics" || path == "/api/stats" ||
         path == "/demo" || path == "/demo/state" || path.starts_with(assets);
}

}  // namespace

std::optional<Routed> SiteDoor::demo(std::string_view path,
                                     const HttpRequest& request,
                                     const Respond& respond) {
  if (demo_ == nullptr) return http_error(404, "the demo is off; it needs the directive: demo yes");
  if (path == "/demo") return page(request, "demo.html");
  demo_->read([respond](const std::optional<std::string>& bitmap) { respond(demo_state(bitmap)); });
  return Deferred{};
}

std::optional<Routed> SiteDoor::route(const HttpRequest& request,
                                      HttpFront&,
                                      const Respond& respond) {
  const std::string_view path = request.path();
  if (!is_own(path) || (path == "/" && request.method == "POST")) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
  if (path == "/") return page(request, "index.html");
  if (path.starts_with(assets)) return page(request, path.substr(assets.size()));
  if (path == "/health") return fresh("application/json", "{\"status\":\"ok\"}\n");
  if (path == "/metrics")
    return fresh("text/plain; version=0.0.4; charset=utf-8", metrics_.metrics_text());
  if (path == "/api/stats") return fresh("application/json", metrics_.stats_json());
  return demo(path, request, respond);
}

}  // namespace duplex::ws
