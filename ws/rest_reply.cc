// Values to JSON.
#include "ws/rest_reply.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "realtime/json_text.h"

#include <algorithm>
#include <cstddef>

namespace duplex::ws {

namespace {

using resp::ReplyValue;

constexpr std::size_t utf8_bytes_max = 4;

// The bytes of the character at the front; 0 if there is none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= std::min(utf8_bytes_max, text.size()); ++size)
    if (base::is_utf8(text.substr(0, size))) return size;
  return 0;
}

std::string mended(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    result += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return result;
}

void append_plain(std::string& out, std::string_view text) {
  if (base::is_utf8(text))
    realtime::append_json_string(out, text);
  else
    realtime::append_json_string(out, mended(text));
}

void append_text(std::string& out, std::string_view text, RestEncoding encoding) {
  if (encoding == RestEncoding::base64 && text != "OK")
    realtime::append_json_string(out, base::base64(text));
  else
    append_plain(out, text);
}

// NOLINTNEXTLINE(misc-no-recursion): replies are nested 64 deep at most.
void append_value(std::string& out, const ReplyValue& value, RestEncoding encoding) {
  using Type = ReplyValue::Type;
  switch (value.type) {
    case Type::null:
      out += "null";
      return;
    case Type::integer:
      out += std::to_string(value.integer);
      return;
    case Type::boolean:
      out += value.integer != 0 ? "true" : "false";
      return;
    case Type::array:
    case Type::set:
    case Type::map:
      out += '[';
      for (const ReplyValue& element : value.elements) {
        if (&element != &value.elements.front()) out += ',';
        append_value(out, element, encoding);
      }
      out += ']';
      return;
    case Type::error:
      // Of one command of a transaction.
      out += rest_error(value.text);
      return;
    case Type::status:
    case Type::bulk:
    case Type::number:
    case Type::big:
      return append_text(out, value.text, encoding);
  }
}

}  // namespace

std::string rest_reply(const ReplyValue& value, RestEncoding encoding) {
  if (value.is_error()) return rest_error(value.text);
  std::string out = R"({"result":)";
  append_value(out, value, encoding);
  out += '}';
  return out;
}

std::string rest_error(std::string_view text) {
  std::string out = R"({"error":)";
  append_plain(out, text);
  out += '}';
  return out;
}

}  // namespace duplex::ws
