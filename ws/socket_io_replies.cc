// From RESP to JSON.
#include "ws/socket_io_replies.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "realtime/json_text.h"
#include "resp/reply_value.h"

#include <fmt/format.h>

namespace duplex::ws {

namespace {

using resp::ReplyValue;
using Type = ReplyValue::Type;

// JSON as it is, other text as a string, other bytes as base64.
void append_payload(std::string& out, std::string_view payload) {
  if (realtime::is_json(payload))
    out += payload;
  else if (base::is_utf8(payload))
    realtime::append_json_string(out, payload);
  else
    realtime::append_json_string(out, base::base64(payload));
}

void append_member(std::string& out, std::string_view name, std::string_view json) {
  if (!out.ends_with('{')) out += ',';
  out += fmt::format(R"("{}":{})", name, json);
}

// Members that are JSON already, unless they are missing.
void append_json_member(std::string& out, std::string_view name, const ReplyValue& value) {
  if (!value.is_null() && !value.text.empty()) append_member(out, name, value.text);
}

std::string quoted(std::string_view text) {
  std::string json;
  realtime::append_json_string(json, base::is_utf8(text) ? text : std::string_view());
  return json;
}

std::optional<ReplyValue> read(std::string_view reply, Type type) {
  auto value = resp::read_reply(reply);
  if (!value || value->type != type) return std::nullopt;
  return value;
}

// The epoch and the offset of a map that has both; an empty text if there is no history.
std::optional<std::string> position_members(const ReplyValue& map) {
  const ReplyValue* epoch = map.find("epoch");
  const ReplyValue* offset = map.find("offset");
  if (epoch == nullptr || offset == nullptr) return std::nullopt;
  if (epoch->text.empty()) return std::string();
  return fmt::format(R"(,"epoch":{},"offset":{})", quoted(epoch->text), offset->integer);
}

std::string publication_json(const ReplyValue& publication) {
  std::string json = R"({"data":)";
  append_payload(json, publication.elements[1].text);
  append_member(json, "offset", std::to_string(publication.elements[0].integer));
  append_json_member(json, "info", publication.elements[2]);
  append_json_member(json, "tags", publication.elements[3]);
  return json + "}";
}

std::string client_json(const ReplyValue& client) {
  std::string json = "{";
  append_member(json, "client", quoted(client.elements[0].text));
  append_member(json, "user", quoted(client.elements[1].text));
  append_json_member(json, "info", client.elements[2]);
  return json + "}";
}

// Each element must have four of its own.
std::optional<std::string> list_json(const ReplyValue& list,
                                     std::string (*json)(const ReplyValue&)) {
  std::string text = "[";
  for (const ReplyValue& element : list.elements) {
    if (element.elements.size() != 4) return std::nullopt;
    if (text.size() > 1) text += ',';
    text += json(element);
  }
  return text + "]";
}

}  // namespace

std::optional<std::string> publish_members(std::string_view reply) {
  const auto map = read(reply, Type::map);
  return map ? position_members(*map) : std::nullopt;
}

std::optional<std::string> history_members(std::string_view reply) {
  const auto map = read(reply, Type::map);
  const ReplyValue* publications = map ? map->find("publications") : nullptr;
  if (publications == nullptr) return std::nullopt;
  const auto position = position_members(*map);
  const auto list = list_json(*publications, publication_json);
  if (!position || !list) return std::nullopt;
  return *position + R"(,"publications":)" + *list;
}

std::optional<std::string> presence_members(std::string_view reply) {
  const auto array = read(reply, Type::array);
  const auto list = array ? list_json(*array, client_json) : std::nullopt;
  if (!list) return std::nullopt;
  return R"(,"clients":)" + *list;
}

}  // namespace duplex::ws
