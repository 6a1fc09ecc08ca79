// Reading and writing Socket.IO packets.
#include "ws/socket_io_packet.h"

#include "realtime/json_text.h"
#include "ws/frame_writer.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace duplex::ws {

namespace {

namespace json = boost::json;

// JavaScript's numbers are exact below this.
constexpr std::uint64_t id_max = (std::uint64_t{1} << 53) - 1;

constexpr std::string_view reserved_events[] = {
    "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

constexpr bool is_binary(SocketIoType type) {
  return type == SocketIoType::binary_event || type == SocketIoType::binary_ack;
}

// Takes digits off the front; nothing if there are none, or too many.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > id_max) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

json::value parse(std::string_view text, boost::system::error_code& error) {
  json::parse_options options;
  options.max_depth = realtime::json_depth_max;
  return json::parse(json::string_view(text.data(), text.size()), error, {}, options);
}

// A name, string or number, that no side uses for itself.
bool is_event(std::string_view data) {
  if (!data.starts_with('[')) return false;
  const auto elements = json_elements(inside_of_array(data));
  if (elements.empty()) return false;
  const std::string_view name = elements.front();
  if (is_digit(name[0]) || name[0] == '-') return true;
  const auto text = json_string_value(name);
  return text && !is_reserved_event(*text);
}

bool has_shape(SocketIoType type, std::string_view data) {
  if (!data.empty() && !realtime::is_json(data)) return false;
  switch (type) {
    case SocketIoType::connect:
      return data.empty() || data.starts_with('{');
    case SocketIoType::disconnect:
      return data.empty();
    case SocketIoType::connect_error:
      return data.starts_with('{') || data.starts_with('"');
    case SocketIoType::event:
    case SocketIoType::binary_event:
      return is_event(data);
    case SocketIoType::ack:
    case SocketIoType::binary_ack:
      return data.starts_with('[');
  }
  return false;
}

bool is_good(const json::value& value, std::size_t attachments, std::size_t depth) {
  if (depth > realtime::json_depth_max) return false;
  if (const json::array* array = value.if_array())
    return std::ranges::all_of(
        *array, [&](const json::value& item) { return is_good(item, attachments, depth + 1); });
  const json::object* object = value.if_object();
  if (object == nullptr) return true;
  const json::value* mark = object->if_contains("_placeholder");
  if (mark != nullptr && mark->is_bool() && mark->get_bool()) {
    const json::value* number = object->if_contains("num");
    return number != nullptr && number->is_int64() && number->get_int64() >= 0 &&
           static_cast<std::uint64_t>(number->get_int64()) < attachments;
  }
  return std::ranges::all_of(
      *object, [&](const auto& member) { return is_good(member.value(), attachments, depth + 1); });
}

// The position behind the string that starts at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

bool is_reserved_event(std::string_view name) {
  return std::ranges::find(reserved_events, name) != std::end(reserved_events);
}

std::optional<SocketIoPacket> read_socket_io_packet(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '6') return std::nullopt;
  SocketIoPacket packet{.type = static_cast<SocketIoType>(text[0] - '0')};
  text.remove_prefix(1);
  if (is_binary(packet.type)) {
    const auto attachments = take_number(text);
    if (!attachments || *attachments > socket_io_attachments_max || !text.starts_with('-'))
      return std::nullopt;
    packet.attachments = static_cast<std::size_t>(*attachments);
    text.remove_prefix(1);
  }
  if (text.starts_with('/')) {
    const std::size_t end = std::min(text.find(','), text.size());
    packet.name_space = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty() && is_digit(text[0])) {
    packet.id = take_number(text);
    if (!packet.id) return std::nullopt;
  }
  packet.data = trimmed(text);
  if (!has_shape(packet.type, packet.data)) return std::nullopt;
  if (is_binary(packet.type) && !has_good_placeholders(packet.data, packet.attachments))
    return std::nullopt;
  return packet;
}

bool has_good_placeholders(std::string_view text, std::size_t attachments) {
  boost::system::error_code error;
  const json::value value = parse(text, error);
  return !error && is_good(value, attachments, 0);
}

void append_socket_io_packet(std::string& out, const SocketIoPacket& packet) {
  out += '4';
  out += static_cast<char>('0' + static_cast<int>(packet.type));
  if (is_binary(packet.type)) {
    out += std::to_string(packet.attachments);
    out += '-';
  }
  if (packet.name_space != "/") {
    out += packet.name_space;
    out += ',';
  }
  if (packet.id) out += std::to_string(*packet.id);
  out += packet.data;
}

std::string encode_socket_io(const SocketIoPacket& packet,
                             std::span<const std::string> attachments) {
  SocketIoPacket head = packet;
  if (!attachments.empty())
    head.type =
        packet.type == SocketIoType::ack ? SocketIoType::binary_ack : SocketIoType::binary_event;
  std::string text;
  text.reserve(packet.data.size() + packet.name_space.size() + 32);
  append_socket_io_packet(text, head);
  std::string frames = encode_frame(Opcode::text, text);
  for (const std::string& bytes : attachments)
    frames += encode_frame(Opcode::binary, bytes);
  return frames;
}

std::vector<std::string_view> json_elements(std::string_view inside) {
  std::vector<std::string_view> elements;
  std::size_t depth = 0;
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < inside.size()) {
    const char c = inside[at];
    if (c == '"') {
      at = skip_string(inside, at);
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == ',' && depth == 0) {
      elements.push_back(trimmed(inside.substr(begin, at - begin)));
      begin = at + 1;
    }
    ++at;
  }
  const std::string_view last = trimmed(inside.substr(begin));
  if (!last.empty()) elements.push_back(last);
  return elements;
}

std::string_view inside_of_array(std::string_view array) {
  const std::string_view text = trimmed(array);
  return trimmed(text.substr(1, text.size() - 2));
}

std::optional<std::string> json_string_value(std::string_view text) {
  if (!text.starts_with('"')) return std::nullopt;
  if (text.find('\\') == std::string_view::npos)
    return std::string(text.substr(1, text.size() - 2));
  boost::system::error_code error;
  const json::value value = parse(text, error);
  const json::string* string = error ? nullptr : value.if_string();
  if (string == nullptr) return std::nullopt;
  return std::string(string->data(), string->size());
}

}  // namespace duplex::ws
