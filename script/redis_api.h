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

// Gives `redis` register_function(), while a library is loaded, or takes it away.
void allow_registering(lua_State* lua, bool allowed);
// redis.register_function(), while a library is loaded (register_function.cc).
int register_function(lua_State* lua);

}  // namespace duplex::script
