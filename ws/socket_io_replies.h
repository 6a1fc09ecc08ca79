// What commands answer, as members of an ack's object. Does no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace duplex::ws {

// Each takes a reply of RESP3, and returns JSON members with a comma in front of each; nothing if
// the reply is an error, or not that command's.

// RT.PUBLISH: ,"epoch":…,"offset":… if the channel keeps a history, else nothing to say.
std::optional<std::string> publish_members(std::string_view reply);
// RT.HISTORY: ,"epoch":…,"offset":…,"publications":[{"data":…,"offset":…,"info":…,"tags":…}]
std::optional<std::string> history_members(std::string_view reply);
// RT.PRESENCE: ,"clients":[{"client":…,"user":…,"info":…}]
std::optional<std::string> presence_members(std::string_view reply);

}  // namespace duplex::ws
