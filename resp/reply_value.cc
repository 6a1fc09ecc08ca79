// Replies read back: one function per shape.
#include "resp/reply_value.h"

#include "base/numbers.h"

namespace duplex::resp {

namespace {

constexpr std::size_t depth_max = 64;

using Type = ReplyValue::Type;

std::optional<std::string_view> take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(end + 2);
  return line;
}

std::optional<ReplyValue> read_at(std::string_view& bytes, std::size_t depth);

std::optional<ReplyValue> read_blob(std::string_view& bytes, Type type, std::int64_t size) {
  if (size == -1) return ReplyValue{};
  if (size < 0 || bytes.size() < 2 || static_cast<std::uint64_t>(size) > bytes.size() - 2)
    return std::nullopt;
  const std::string_view text = bytes.substr(0, static_cast<std::size_t>(size));
  bytes.remove_prefix(text.size());
  if (!bytes.starts_with("\r\n")) return std::nullopt;
  bytes.remove_prefix(2);
  return ReplyValue{.type = type, .text = std::string(text)};
}

std::optional<ReplyValue> read_elements(std::string_view& bytes,
                                        Type type,
                                        std::int64_t count,
                                        std::size_t depth) {
  if (count == -1) return ReplyValue{};
  // An element has three bytes at least: that bounds what a false count can ask for.
  if (count < 0 || depth == depth_max || static_cast<std::uint64_t>(count) > bytes.size() / 3)
    return std::nullopt;
  ReplyValue value{.type = type};
  for (std::int64_t left = type == Type::map ? 2 * count : count; left > 0; --left) {
    auto element = read_at(bytes, depth + 1);
    if (!element) return std::nullopt;
    value.elements.push_back(std::move(*element));
  }
  return value;
}

std::optional<ReplyValue> skip_attributes(std::string_view& bytes,
                                          std::int64_t count,
                                          std::size_t depth) {
  if (!read_elements(bytes, Type::map, count, depth)) return std::nullopt;
  return read_at(bytes, depth);
}

std::optional<ReplyValue> read_at(std::string_view& bytes, std::size_t depth) {
  if (bytes.empty() || depth > depth_max) return std::nullopt;
  const char mark = bytes[0];
  bytes.remove_prefix(1);
  const auto line = take_line(bytes);
  if (!line) return std::nullopt;
  switch (mark) {
    case '+':
      return ReplyValue{.type = Type::status, .text = std::string(*line)};
    case '-':
      return ReplyValue{.type = Type::error, .text = std::string(*line)};
    case ',':
      return ReplyValue{.type = Type::number, .text = std::string(*line)};
    case '(':
      return ReplyValue{.type = Type::big, .text = std::string(*line)};
    case '_':
      return ReplyValue{};
    case '#':
      return ReplyValue{.type = Type::boolean, .integer = *line == "t" ? 1 : 0};
    default:
      break;
  }
  const auto number = base::parse_int64(*line);
  if (!number) return std::nullopt;
  switch (mark) {
    case ':':
      return ReplyValue{.type = Type::integer, .integer = *number};
    case '$':
      return read_blob(bytes, Type::bulk, *number);
    case '!':
      return read_blob(bytes, Type::error, *number);
    case '=': {
      auto value = read_blob(bytes, Type::bulk, *number);
      if (value && value->text.size() >= 4) value->text.erase(0, 4);
      return value;
    }
    case '*':
    case '>':
      return read_elements(bytes, Type::array, *number, depth);
    case '~':
      return read_elements(bytes, Type::set, *number, depth);
    case '%':
      return read_elements(bytes, Type::map, *number, depth);
    case '|':
      return skip_attributes(bytes, *number, depth);
    default:
      return std::nullopt;
  }
}

}  // namespace

const ReplyValue* ReplyValue::find(std::string_view key) const {
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2)
    if (elements[i].text == key) return &elements[i + 1];
  return nullptr;
}

std::optional<ReplyValue> read_reply(std::string_view& bytes) {
  return read_at(bytes, 0);
}

}  // namespace duplex::resp
