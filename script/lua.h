// Lua 5.1's C interface, as it has to be included from C++.
//
// Lua's errors are long jumps: a function that Lua calls must not hold anything with a destructor
// while it calls a Lua function that may fail, which is every one that may allocate.
#pragma once

extern "C" {
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
}

#include <cstddef>
#include <string_view>

namespace duplex::script {

inline void push(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}
// Requires: the value is a string. Valid while it stays on the stack.
inline std::string_view text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, index, &size);
  return {text, size};
}

}  // namespace duplex::script
