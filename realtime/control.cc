// Messages to the server's own sessions: a word, a number and a text with blanks between them.
#include "realtime/control.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace duplex::realtime {

namespace {

// In the order of Control::What.
constexpr std::string_view words[] = {"disconnect", "subscribe", "unsubscribe", "revoke"};

// Cuts off what stands before the next blank.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

std::string control_of_user(std::string_view user) {
  return fmt::format("user:{}", user);
}

std::string control_of_client(std::string_view client) {
  return fmt::format("client:{}", client);
}

std::string control_of_token(std::string_view token_id) {
  return fmt::format("token:{}", token_id);
}

std::string write_control(const Control& control) {
  return fmt::format(
      "{} {} {}", words[static_cast<std::size_t>(control.what)], control.number, control.text);
}

std::optional<Control> read_control(std::string_view payload) {
  const auto* const word = std::ranges::find(words, take_word(payload));
  const auto number = base::parse_int64(take_word(payload));
  if (word == std::end(words) || !number) return std::nullopt;
  return Control{.what = static_cast<Control::What>(word - std::begin(words)),
                 .number = *number,
                 .text = std::string(payload)};
}

}  // namespace duplex::realtime
