// A checker on Boost.JSON's event parser, and a scanner for text that is known to be JSON.
#include "realtime/json_text.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <limits>

namespace duplex::realtime {

namespace {

namespace json = boost::json;

// Takes every event and keeps nothing.
struct Ignore {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  using Error = boost::system::error_code;
  using Text = json::string_view;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return true; }
  bool on_object_end(std::size_t, Error&) { return true; }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t, Error&) { return true; }
  bool on_key_part(Text, std::size_t, Error&) { return true; }
  bool on_key(Text, std::size_t, Error&) { return true; }
  bool on_string_part(Text, std::size_t, Error&) { return true; }
  bool on_string(Text, std::size_t, Error&) { return true; }
  bool on_number_part(Text, Error&) { return true; }
  bool on_int64(std::int64_t, Text, Error&) { return true; }
  bool on_uint64(std::uint64_t, Text, Error&) { return true; }
  bool on_double(double, Text, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The position behind the string that starts at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at]))
    ++at;
  return at;
}

// The position behind the value that starts at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
    } else if (c == '{' || c == '[') {
      ++depth;
      ++at;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
      ++at;
    } else if (depth == 0 && (c == ',' || is_space(c))) {
      return at;
    } else {
      ++at;
      continue;
    }
    if (depth == 0) return at;
  }
  return at;
}

}  // namespace

bool is_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::basic_parser<Ignore> parser(options);
  boost::system::error_code error;
  std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  while (!error && used < text.size() && is_space(text[used]))
    ++used;
  return !error && parser.done() && used == text.size();
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(copied, i - copied);
    copied = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\n':
        out += 'n';
        break;
      case '\r':
        out += 'r';
        break;
      case '\t':
        out += 't';
        break;
      default:
        out += "u00";
        out += hex[c >> 4];
        out += hex[c & 15];
    }
  }
  out += text.substr(copied);
  out += '"';
}

void append_json_in_one_line(std::string& out, std::string_view text) {
  if (text.find_first_of("\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  for (const char c : text)
    if (c != '\n' && c != '\r') out += c;
}

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  std::size_t at = skip_spaces(object, 0);
  if (at == object.size() || object[at] != '{') return found;
  at = skip_spaces(object, at + 1);
  while (at < object.size() && object[at] == '"') {
    const std::size_t key_end = skip_string(object, at);
    const bool wanted = object.substr(at + 1, key_end - at - 2) == name;
    at = skip_spaces(object, skip_spaces(object, key_end) + 1);  // behind the colon
    const std::size_t value_end = skip_value(object, at);
    if (wanted) found = object.substr(at, value_end - at);
    at = skip_spaces(object, value_end);
    if (at < object.size() && object[at] == ',') at = skip_spaces(object, at + 1);
  }
  return found;
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view array) {
  std::size_t at = skip_spaces(array, 0);
  if (at == array.size() || array[at] != '[') return std::nullopt;
  std::vector<std::string_view> elements;
  at = skip_spaces(array, at + 1);
  while (at < array.size() && array[at] != ']') {
    const std::size_t value_end = skip_value(array, at);
    elements.push_back(array.substr(at, value_end - at));
    at = skip_spaces(array, value_end);
    if (at < array.size() && array[at] == ',') at = skip_spaces(array, at + 1);
  }
  return elements;
}

std::optional<std::string> json_string(std::string_view text) {
  const std::size_t start = skip_spaces(text, 0);
  if (start == text.size() || text[start] != '"') return std::nullopt;
  const std::size_t end = skip_string(text, start);
  const std::string_view inside = text.substr(start + 1, end - start - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  return std::string(json::parse(text.substr(start, end - start)).get_string());
}

}  // namespace duplex::realtime
