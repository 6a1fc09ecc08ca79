// Keys, bodies, and what is sent twice.
#include "ws/api_door.h"

#include "realtime/json_text.h"
#include "ws/api_methods.h"
#include "ws/http_front.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace duplex::ws {

namespace {

namespace json = boost::json;

constexpr std::string_view prefix = "/api/";

HttpResponse with_body(std::string body) {
  HttpResponse response;
  response.body = std::move(body);
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse response_to(const ApiOutcome& outcome) {
  if (!outcome && outcome.error().status != 200)
    return http_error(outcome.error().status, outcome.error().message);
  if (!outcome)
    return with_body(fmt::format("{{\"error\":{}}}\n", api_error_json(outcome.error())));
  HttpResponse response = with_body(fmt::format("{{\"result\":{}}}\n", outcome->json));
  response.log_position = outcome->log_position;
  return response;
}

}  // namespace

ApiDoor::ApiDoor(const Options& options, MetricsSource& metrics)
    : keys_(options.api_keys), metrics_(metrics), done_(IdempotencyLimits{}) {}

std::optional<Routed> ApiDoor::route(const HttpRequest& request, HttpFront& front, const Respond&) {
  const std::string_view path = request.path();
  if (!path.starts_with(prefix)) return std::nullopt;
  const std::string_view method = path.substr(prefix.size());
  if (method != "info" && find_api_method(method) == nullptr) return std::nullopt;
  if (request.method != "POST") return method_not_allowed("POST");
  if (auto refusal = keys_.refusal(request, "http-api-key")) return std::move(*refusal);
  return answer(method, request.body, front);
}

HttpResponse ApiDoor::answer(std::string_view method, std::string_view body, HttpFront& front) {
  if (method == "info")
    return with_body(fmt::format("{{\"result\":{{\"nodes\":[{}]}}}}\n", metrics_.stats_json()));
  json::parse_options options;
  options.max_depth = realtime::json_depth_max;
  boost::system::error_code error;
  const json::value parsed =
      json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  const json::object* parameters = error ? nullptr : parsed.if_object();
  if (parameters == nullptr) return http_error(400, "the body has to be a JSON object");
  std::string key;
  if (const json::value* given = parameters->if_contains("idempotency_key")) {
    const json::string* text = given->if_string();
    if (text == nullptr || text->size() > idempotency_key_bytes_max)
      return http_error(400, "idempotency_key has to be a text of at most 255 bytes");
    if (!text->empty()) key = fmt::format("{} {}", method, std::string_view(*text));
  }
  if (!key.empty())
    if (auto known = done_.claim(key, HttpFront::now_ms())) return std::move(*known);
  const ApiOutcome outcome =
      find_api_method(method)({.parameters = *parameters, .text = body}, front.commands());
  HttpResponse response = response_to(outcome);
  if (outcome)
    done_.settle(key, response);
  else
    done_.give_up(key);
  return response;
}

}  // namespace duplex::ws
