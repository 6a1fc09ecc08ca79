// The functions of Lua's string library that work with patterns, and others that may take long.
#pragma once

#include "script/lua.h"

namespace duplex::script {

// Puts find, match, gmatch, gfind, gsub and rep into the library at the top of the stack.
void replace_string_functions(lua_State* lua);

}  // namespace duplex::script
