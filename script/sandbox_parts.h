// The parts that a sandbox is put together from.
#pragma once

#include "script/lua.h"

namespace duplex::script {

// Both add to the table at the top, from the libraries that Lua has opened.
void add_base_functions(lua_State* lua);
void add_libraries(lua_State* lua);

// getmetatable(); its upvalue is the view of what strings have.
int base_getmetatable(lua_State* lua);

}  // namespace duplex::script
