// The table `redis`, also known as `server`: what scripts ask of the server.
#pragma once

#include "script/interpreter.h"
#include "script/lua.h"

#include <cstddef>
#include <string_view>

namespace duplex::script {

// Adds `redis` and `server` to the table at the top.
void add_redis_api(lua_State* lua, StateKind kind);

// The 40 hexadecimal digits, lower case, of the SHA-1 of a text.
inline constexpr std::size_t sha1_digits = 40;
void write_sha1(std::string_view text, char* digits);

// Pushes a table with the `redis` and `server` that a library's code finds while it is loaded: it
// can register functions and log, and nothing else.
void push_load_api(lua_State* lua);
// redis.register_function(), while a library is loaded (register_function.cc).
int register_function(lua_State* lua);

}  // namespace duplex::script
