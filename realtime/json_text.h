// JSON as text: checking it, quoting into it, and cutting pieces out of it unchanged.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::realtime {

// Deeper nesting counts as not JSON.
inline constexpr std::size_t json_depth_max = 128;

// Is this one JSON value in UTF-8, with nothing but white space around it?
bool is_json(std::string_view text);

// Appends the text as a JSON string. Requires: is_utf8(text).
void append_json_string(std::string& out, std::string_view text);

// Appends JSON without line breaks: those between values go, those in strings are escaped anyway.
// Requires: is_json(text).
void append_json_in_one_line(std::string& out, std::string_view text);

// The text of the member `name` of an object, as it stands there; nothing if the value is not an
// object or has no such member. Of members with the same name the last one counts.
// Requires: is_json(object). Names with escapes are not found.
std::optional<std::string_view> json_member(std::string_view object, std::string_view name);

// The texts of the elements of an array, as they stand there; nothing if the value is not an array.
// Requires: is_json(array). The views are into it.
std::optional<std::vector<std::string_view>> json_elements(std::string_view array);

// What a JSON string says; nothing if the value is not a string. Requires: is_json(text).
std::optional<std::string> json_string(std::string_view text);

}  // namespace duplex::realtime
