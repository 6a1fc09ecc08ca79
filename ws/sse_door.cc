// Who it is, and what may be read.
#include "ws/sse_door.h"

#include "base/clock.h"
#include "realtime/authority.h"
#include "ws/api_keys.h"
#include "ws/http_front.h"
#include "ws/query.h"
#include "ws/sse_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::ws {

namespace {

constexpr std::string_view stream_path = "/sse";
constexpr std::string_view ticket_path = "/api/ticket";
constexpr std::string_view cookie_name = "duplex_token";

// The value of a cookie; empty if there is none of that name.
std::string_view cookie_of(const HttpRequest& request, std::string_view name) {
  std::string_view rest = request.field("Cookie");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return pair.substr(name.size() + 1);
  }
  return {};
}

// Whether a page that may speak for its visitor has sent this. Browsers leave the origin out where
// the page is from here, and say that instead.
bool is_from_own_page(const HttpRequest& request) {
  return request.has_field("Origin") || request.field("Sec-Fetch-Site") == "same-origin";
}

// What lets the page read the response.
std::string cross_origin_fields(const HttpRequest& request) {
  if (!request.has_field("Origin")) return {};
  return fmt::format(
      "Access-Control-Allow-Origin: {}\r\nAccess-Control-Allow-Credentials: true\r\n"
      "Vary: Origin\r\n",
      request.field("Origin"));
}

// The channels that are asked for, each once.
std::vector<std::string> channels_of(const HttpRequest& request) {
  std::vector<std::string> channels;
  for (std::string& channel : query_values(request, "ch"))
    if (std::ranges::find(channels, channel) == channels.end())
      channels.push_back(std::move(channel));
  return channels;
}

// Where the page's browser says it was.
std::vector<SsePosition> positions_of(const HttpRequest& request) {
  const std::string_view field = request.field("Last-Event-ID");
  if (!field.empty()) return decode_positions(field).value_or(std::vector<SsePosition>());
  const auto given = query_values(request, "last_event_id");
  if (given.empty()) return {};
  return decode_positions(given.front()).value_or(std::vector<SsePosition>());
}

}  // namespace

std::expected<SseRequest, HttpResponse> read_sse_request(const HttpRequest& request,
                                                         const Options& options) {
  SseRequest asked{
      .identity = nullptr, .channels = channels_of(request), .positions = positions_of(request)};
  if (asked.channels.empty())
    return std::unexpected(http_error(400, "no channel is named: /sse?ch=news"));
  if (asked.channels.size() > options.json.channels_max)
    return std::unexpected(http_error(400, "too many channels"));
  for (const std::string& channel : asked.channels)
    if (!is_event_name(channel) || channel.size() > options.json.channel_bytes_max)
      return std::unexpected(http_error(400, "a channel has no proper name"));
  return asked;
}

Upgrade open_stream(const HttpRequest& request, SseRequest asked) {
  const auto shared = std::make_shared<SseRequest>(std::move(asked));
  return {fmt::format("HTTP/1.1 200 OK\r\nServer: Duplex\r\n"
                      "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                      "X-Accel-Buffering: no\r\nConnection: close\r\n{}\r\n",
                      cross_origin_fields(request)),
          [shared](HttpFront& front) -> std::unique_ptr<Takeover> {
            return std::make_unique<SseSession>(front, std::move(*shared));
          }};
}

SseDoor::Identified SseDoor::identify(const HttpRequest& request, HttpFront& front) {
  if (!origins_.allows(request))
    return std::unexpected(http_error(403, "pages of this origin may not connect"));
  const auto tickets = query_values(request, "ticket");
  if (!tickets.empty()) {
    auto identity = tickets_.redeem(tickets.front(), HttpFront::now_ms());
    if (identity == nullptr) return std::unexpected(http_error(401, "the ticket is not valid"));
    return identity;
  }
  std::string_view token = bearer_token(request);
  if (token.empty() && is_from_own_page(request)) token = cookie_of(request, cookie_name);
  auto identity = front.authority().authenticate(token, base::wall_ms());
  if (!identity) return std::unexpected(http_error(401, identity.error().message));
  return std::move(*identity);
}

Routed SseDoor::open(const HttpRequest& request, HttpFront& front) {
  auto asked = read_sse_request(request, options_);
  if (!asked) return std::move(asked.error());
  auto identity = identify(request, front);
  if (!identity) return std::move(identity.error());
  for (const std::string& channel : asked->channels)
    if (const auto denial =
            front.authority().check(**identity, realtime::Action::subscribe, channel))
      return http_error(403, denial->message);
  asked->identity = std::move(*identity);
  return open_stream(request, std::move(*asked));
}

HttpResponse SseDoor::issue(const HttpRequest& request, HttpFront& front) {
  auto identity = identify(request, front);
  if (!identity) return std::move(identity.error());
  const auto ticket = tickets_.issue(std::move(*identity), HttpFront::now_ms());
  if (!ticket) return http_error(429, "too many tickets");
  HttpResponse response;
  response.body = fmt::format("{{\"ticket\":\"{}\",\"ttl\":{}}}\n", *ticket, ticket_life_ms / 1000);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

std::optional<Routed> SseDoor::route(const HttpRequest& request, HttpFront& front, const Respond&) {
  const std::string_view path = request.path();
  if (path == ticket_path)
    return request.method == "POST" ? Routed(issue(request, front)) : method_not_allowed("POST");
  if (path != stream_path) return std::nullopt;
  if (request.method != "GET") return method_not_allowed("GET");
  return open(request, front);
}

}  // namespace duplex::ws
