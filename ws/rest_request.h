// Requests of the REST door: the commands that a body or an address stands for.
#pragma once

#include "ws/http_message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::ws {

using RestCommand = std::vector<std::string>;

// How many commands one request may hold.
inline constexpr std::size_t rest_commands_max = 10'000;

// ["SET","k","v"]; numbers, booleans and objects stand for their text. Nothing if the body is
// something else, or empty.
std::optional<RestCommand> rest_command_of(std::string_view body);
// [["SET","k","v"],["GET","k"]]; nothing if it is something else, or too many.
std::optional<std::vector<RestCommand>> rest_commands_of(std::string_view body);
// /set/k/v?EX=10, with the body, if there is one, in front of what the query says. Nothing if the
// address is not properly escaped or names no command.
std::optional<RestCommand> rest_command_of(const HttpRequest& request);

}  // namespace duplex::ws
