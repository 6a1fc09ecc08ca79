// Members of requests, and replies as text.
#include "ws/json_command.h"

#include "realtime/json_text.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace duplex::ws {

namespace json = boost::json;

std::optional<std::string_view> json_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return std::string_view();
  const json::string* text = value->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<std::uint64_t> json_number(const json::object& object,
                                         std::string_view name,
                                         std::uint64_t missing) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return missing;
  if (const std::uint64_t* number = value->if_uint64()) return *number;
  const std::int64_t* number = value->if_int64();
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

bool json_flag(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<std::string_view> JsonCommand::text_of(std::string_view name) const {
  return json_text(request, name);
}

std::optional<std::string_view> JsonCommand::raw(std::string_view name) const {
  const auto whole = realtime::json_member(text, method);
  return whole ? realtime::json_member(*whole, name) : std::nullopt;
}

void JsonCommand::reply(std::string& out, std::string_view result) const {
  append_json_reply(out, id, method, result);
}

void JsonCommand::reply(std::string& out, const realtime::Denial& error) const {
  append_json_error(out, id, error.code, error.message, error.is_temporary);
}

void append_json_reply(std::string& out,
                       std::uint32_t id,
                       std::string_view method,
                       std::string_view result) {
  if (!out.empty()) out += '\n';
  fmt::format_to(std::back_inserter(out), R"({{"id":{},"{}":)", id, method);
  out += result;
  out += '}';
}

void append_json_error(std::string& out,
                       std::uint32_t id,
                       unsigned code,
                       std::string_view message,
                       bool is_temporary) {
  if (!out.empty()) out += '\n';
  fmt::format_to(std::back_inserter(out), R"({{"id":{},"error":{{"code":{},"message":)", id, code);
  realtime::append_json_string(out, message);
  out += is_temporary ? R"(,"temporary":true}})" : "}}";
}

std::optional<realtime::Position> read_position(const json::object& object) {
  const auto epoch = json_text(object, "epoch");
  const auto offset = json_number(object, "offset", 0);
  if (!epoch || !offset) return std::nullopt;
  return realtime::Position{std::string(*epoch), *offset};
}

std::string expiry_members(std::int64_t expires_s, std::int64_t wall_ms) {
  if (expires_s == 0) return {};
  const std::int64_t ttl_s = std::max<std::int64_t>(expires_s - wall_ms / 1000, 1);
  return fmt::format(R"("expires":true,"ttl":{})", ttl_s);
}

realtime::Denial denial_of(std::string_view error) {
  if (error.starts_with("NOPERM")) return realtime::denials::permission_denied;
  if (error.starts_with("WRONGTYPE")) return json_errors::bad_request;
  return json_errors::internal;
}

}  // namespace duplex::ws
