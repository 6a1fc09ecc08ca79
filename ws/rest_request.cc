// JSON arrays and paths, taken apart.
#include "ws/rest_request.h"

#include "base/numbers.h"
#include "realtime/json_text.h"
#include "ws/query.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace duplex::ws {

namespace {

namespace json = boost::json;

std::string word_of(const json::value& value) {
  if (const json::string* text = value.if_string()) return {text->data(), text->size()};
  if (const double* number = value.if_double()) return base::format_double(*number);
  const json::string text(json::serialize(value));
  return {text.data(), text.size()};
}

std::optional<RestCommand> command_of(const json::value& value) {
  const json::array* words = value.if_array();
  if (words == nullptr || words->empty()) return std::nullopt;
  RestCommand command;
  for (const json::value& word : *words)
    command.push_back(word_of(word));
  return command;
}

std::optional<json::value> parsed(std::string_view body) {
  json::parse_options options;
  options.max_depth = realtime::json_depth_max;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  if (error) return std::nullopt;
  return value;
}

// Appends the pieces between separators, unescaped. False if an escape is broken.
bool append_pieces(RestCommand& command, std::string_view text, std::string_view separators) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    auto piece = percent_decoded(text.substr(0, end));
    if (!piece) return false;
    command.push_back(std::move(*piece));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

}  // namespace

std::optional<RestCommand> rest_command_of(std::string_view body) {
  const auto value = parsed(body);
  return value ? command_of(*value) : std::nullopt;
}

std::optional<std::vector<RestCommand>> rest_commands_of(std::string_view body) {
  const auto value = parsed(body);
  const json::array* list = value ? value->if_array() : nullptr;
  if (list == nullptr || list->size() > rest_commands_max) return std::nullopt;
  std::vector<RestCommand> commands;
  for (const json::value& each : *list) {
    auto command = command_of(each);
    if (!command) return std::nullopt;
    commands.push_back(std::move(*command));
  }
  return commands;
}

std::optional<RestCommand> rest_command_of(const HttpRequest& request) {
  const std::string_view path = request.path();
  RestCommand command;
  if (!append_pieces(command, path.substr(1), "/") || command.empty()) return std::nullopt;
  if (!request.body.empty()) command.emplace_back(request.body);
  if (path.size() < request.target.size() &&
      !append_pieces(command, request.target.substr(path.size() + 1), "&="))
    return std::nullopt;
  return command;
}

}  // namespace duplex::ws
