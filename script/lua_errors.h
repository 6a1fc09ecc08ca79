// Errors as tables {err = "CODE text"}, as scripts see them.
#pragma once

#include "script/lua.h"

#include <string_view>

namespace duplex::script {

// Pushes {err = text}. `text` as it follows the '-' of a reply: with its code. `is_counted`: the
// statistics know of it already.
void push_error(lua_State* lua, std::string_view text, bool is_counted = false);
// Raises {err = "ERR " .. text}. Does not return.
int raise_error(lua_State* lua, const char* text);

// To be called as the error function of lua_pcall(): makes a table of whatever was raised and adds
// where that was.
int error_handler(lua_State* lua);

// What an error table says.
struct ErrorParts {
  std::string_view text;
  std::string_view source;
  std::string_view line;
  bool is_counted = false;
};
// Of the value at the top; the views stay valid until `pushed` values are popped again.
ErrorParts read_error(lua_State* lua, int& pushed);

}  // namespace duplex::script
