// Lines of events.
#include "ws/sse_event.h"

#include "base/base64.h"
#include "base/numbers.h"
#include "base/utf8.h"
#include "ws/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace duplex::ws {

namespace {

bool is_control_character(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

void append_escaped(std::string& out, std::string_view channel) {
  for (const char c : channel) {
    if (c == '%' || c == ',' || c == ' ' || is_control_character(c))
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
}

void append_lines(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    out += "data: ";
    out += text.substr(0, end);
    out += '\n';
    if (end == text.size()) return;
    text.remove_prefix(end + (text.substr(end).starts_with("\r\n") ? 2 : 1));
  }
}

}  // namespace

std::string encode_event(std::string_view channel, std::string_view payload) {
  std::string out;
  out.reserve(channel.size() + payload.size() + 32);
  out += "event: ";
  out += channel;
  out += '\n';
  if (base::is_utf8(payload))
    append_lines(out, payload);
  else
    append_lines(out, base::base64(payload));
  return out;
}

base::SharedBytes shared_event(const pubsub::Message& message) {
  return message.encoded(
      pubsub::Form::event_stream, {}, [](const pubsub::Message& of, std::string_view) {
        return encode_event(of.channel(), of.payload());
      });
}

std::string encode_positions(const std::vector<SsePosition>& positions) {
  std::string out;
  for (const SsePosition& position : positions) {
    if (position.epoch == 0) continue;
    if (!out.empty()) out += ',';
    append_escaped(out, position.channel);
    fmt::format_to(std::back_inserter(out), ":{}-{}", position.epoch, position.offset);
  }
  return out;
}

std::optional<std::vector<SsePosition>> decode_positions(std::string_view text) {
  std::vector<SsePosition> positions;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = item.rfind(':');
    const std::size_t dash = item.rfind('-');
    if (colon == std::string_view::npos || dash == std::string_view::npos || dash < colon)
      return std::nullopt;
    auto channel = percent_decoded(item.substr(0, colon));
    const auto epoch = base::parse_uint64(item.substr(colon + 1, dash - colon - 1));
    const auto offset = base::parse_uint64(item.substr(dash + 1));
    if (!channel || !epoch || !offset) return std::nullopt;
    positions.push_back({std::move(*channel), *epoch, *offset});
  }
  return positions;
}

bool is_event_name(std::string_view channel) {
  return !channel.empty() && base::is_utf8(channel) &&
         std::ranges::none_of(channel, is_control_character);
}

}  // namespace duplex::ws
