// Reading routes, and values out of events.
#include "realtime/event_routes.h"

#include "realtime/json_text.h"

#include <fmt/format.h>

#include <utility>

namespace duplex::realtime {

namespace {

using Words = std::span<const std::string>;

constexpr std::string_view route_shape =
    "a route is written <namespace> <event> publish <channel>, … emit <event> [to <room>], "
    "… stream <key>, or … run <command> [then emit <event> [to <room>]]";
constexpr std::string_view bridge_shape =
    "a bridge is written <namespace> <channel> emit <event> [to <room>]";

std::unexpected<std::string> problem(std::string text) {
  return std::unexpected(std::move(text));
}

std::optional<std::string> check_namespace(std::string_view name) {
  if (name.starts_with('/') && name.find_first_of(",#?") == std::string_view::npos)
    return std::nullopt;
  return fmt::format("'{}' is no namespace: it must begin with / and hold no comma, # or ?", name);
}

// `$` or `$.name.name…`
std::expected<RouteWord, std::string> read_word(const std::string& word) {
  RouteWord read{.text = word};
  if (!word.starts_with('$')) return read;
  read.is_value = true;
  std::string_view rest = std::string_view(word).substr(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('.', 1), rest.size());
    if (rest[0] != '.' || end == 1)
      return problem(fmt::format("'{}' is no value: write $ or $.name.name", word));
    read.path.emplace_back(rest.substr(1, end - 1));
    rest.remove_prefix(end);
  }
  return read;
}

// What stands behind `emit`. `values`: whether a room may be a value of the event.
std::expected<EmitRule, std::string> read_emit(Words words, bool values) {
  if (words.empty() || words[0].empty()) return problem("the event behind 'emit' is missing");
  EmitRule emit{.event = words[0]};
  if (words.size() == 1) return emit;
  if (words[1] != "to" || words.size() != 3 || words[2].empty())
    return problem(fmt::format("behind 'emit {}' only 'to <room>' may stand", words[0]));
  auto room = read_word(words[2]);
  if (!room) return problem(room.error());
  if (room->is_value && !values)
    return problem(fmt::format("'{}': a bridge's room cannot be a value", words[2]));
  emit.room = std::move(*room);
  return emit;
}

std::expected<EventRoute, std::string> read_run(EventRoute route, Words words) {
  std::size_t end = 0;
  while (end < words.size() && words[end] != "then")
    ++end;
  if (end == 0) return problem("the command behind 'run' is missing");
  for (const std::string& word : words.first(end)) {
    auto read = read_word(word);
    if (!read) return problem(read.error());
    route.command.push_back(std::move(*read));
  }
  if (route.command[0].is_value)
    return problem("the command behind 'run' cannot be a value of the event");
  if (end == words.size()) return route;
  const Words rest = words.subspan(end + 1);
  if (rest.empty() || rest[0] != "emit")
    return problem("behind 'then' must stand emit <event> [to <room>]");
  auto emit = read_emit(rest.subspan(1), true);
  if (!emit) return problem(emit.error());
  route.emit = std::move(*emit);
  return route;
}

void add_emit(std::vector<std::string>& words, const EmitRule& emit) {
  words.insert(words.end(), {"emit", emit.event});
  if (emit.room) words.insert(words.end(), {"to", emit.room->text});
}

}  // namespace

std::expected<EventRoute, std::string> read_event_route(Words words) {
  if (words.size() < 4) return problem(std::string(route_shape));
  if (auto wrong = check_namespace(words[0])) return problem(*wrong);
  if (words[1].empty()) return problem("the event of a route is empty");
  EventRoute route{.name_space = words[0], .event = words[1]};
  const std::string& verb = words[2];
  const Words rest = words.subspan(3);
  if (verb == "run") {
    route.verb = EventRoute::Verb::run;
    return read_run(std::move(route), rest);
  }
  if (verb == "emit") {
    route.verb = EventRoute::Verb::emit;
    auto emit = read_emit(rest, true);
    if (!emit) return problem(emit.error());
    route.emit = std::move(*emit);
    return route;
  }
  if (verb != "publish" && verb != "stream")
    return problem(fmt::format("'{}' is unknown, known are publish, emit, stream and run", verb));
  if (rest.size() != 1 || rest[0].empty())
    return problem(
        fmt::format("behind '{}' must stand one {}", verb, verb == "publish" ? "channel" : "key"));
  route.verb = verb == "publish" ? EventRoute::Verb::publish : EventRoute::Verb::stream;
  route.target = rest[0];
  return route;
}

std::expected<EventBridge, std::string> read_event_bridge(Words words) {
  if (words.size() < 4 || words[2] != "emit" || words[1].empty())
    return problem(std::string(bridge_shape));
  if (auto wrong = check_namespace(words[0])) return problem(*wrong);
  auto emit = read_emit(words.subspan(3), false);
  if (!emit) return problem(emit.error());
  return EventBridge{.name_space = words[0], .channel = words[1], .emit = std::move(*emit)};
}

std::vector<std::string> route_words(const EventRoute& route) {
  std::vector<std::string> words{route.name_space, route.event};
  switch (route.verb) {
    case EventRoute::Verb::publish:
      words.insert(words.end(), {"publish", route.target});
      break;
    case EventRoute::Verb::stream:
      words.insert(words.end(), {"stream", route.target});
      break;
    case EventRoute::Verb::emit:
      add_emit(words, *route.emit);
      break;
    case EventRoute::Verb::run:
      words.emplace_back("run");
      for (const RouteWord& word : route.command)
        words.push_back(word.text);
      if (!route.emit) break;
      words.emplace_back("then");
      add_emit(words, *route.emit);
      break;
  }
  return words;
}

std::vector<std::string> bridge_words(const EventBridge& bridge) {
  std::vector<std::string> words{bridge.name_space, bridge.channel};
  add_emit(words, bridge.emit);
  return words;
}

std::optional<std::string> word_value(const RouteWord& word, std::string_view argument) {
  if (!word.is_value) return word.text;
  std::string_view value = argument;
  for (const std::string& name : word.path) {
    const auto member = json_member(value, name);
    if (!member) return std::nullopt;
    value = *member;
  }
  if (value.empty() || value == "null") return std::nullopt;
  if (value == "true") return "1";
  if (value == "false") return "0";
  if (auto text = json_string(value)) return text;
  return std::string(value);
}

}  // namespace duplex::realtime
