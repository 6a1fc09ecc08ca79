// What becomes of the events that Socket.IO clients send, and of what is published for them, as the
// configuration says.
//
// Normative description: docs/socket_io_routes.md.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// A word of a directive: itself, or a value of the event's first argument.
struct RouteWord {
  std::string text;                 // the word as it was written
  bool is_value = false;            // it begins with `$`
  std::vector<std::string> path{};  // of a value: the members to go through; none: the argument

  bool operator==(const RouteWord&) const = default;
};

// `emit <event> [to <room>]`.
struct EmitRule {
  std::string event;
  std::optional<RouteWord> room{};  // nothing: the whole namespace

  bool operator==(const EmitRule&) const = default;
};

// `sio-route <namespace> <event> publish|emit|stream|run …`
struct EventRoute {
  enum class Verb : std::uint8_t { publish, emit, stream, run };

  std::string name_space;
  std::string event;  // a glob
  Verb verb = Verb::publish;
  std::string target{};              // publish: the channel; stream: the key
  std::vector<RouteWord> command{};  // run
  std::optional<EmitRule> emit{};    // emit, and run with `then`

  bool operator==(const EventRoute&) const = default;
};

// `sio-bridge <namespace> <channel> emit <event> [to <room>]`
struct EventBridge {
  std::string name_space;
  std::string channel;
  EmitRule emit;

  bool operator==(const EventBridge&) const = default;
};

// Reads a directive's words, without its name. The error is a sentence for the operator.
std::expected<EventRoute, std::string> read_event_route(std::span<const std::string> words);
std::expected<EventBridge, std::string> read_event_bridge(std::span<const std::string> words);
// The words again.
std::vector<std::string> route_words(const EventRoute& route);
std::vector<std::string> bridge_words(const EventBridge& bridge);

// A word as an argument of a command: of a value, a text without its quotes, true and false as 1
// and 0, anything else as JSON. Nothing if there is no such value, or it is null.
// Requires: argument is empty (there is none) or is_json().
std::optional<std::string> word_value(const RouteWord& word, std::string_view argument);

}  // namespace duplex::realtime
