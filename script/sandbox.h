// What scripts find in an interpreter: Lua's harmless libraries, and tables that cannot be changed.
#pragma once

#include "script/lua.h"

namespace duplex::script {

// Opens the libraries and takes away what leaves the sandbox. Leaves the table of the globals at
// the top; protect_globals() takes it.
void open_sandbox(lua_State* lua);

// Makes the table at the top what scripts know as their globals.
void protect_globals(lua_State* lua);
// Pushes the table of the globals itself.
void push_globals(lua_State* lua);

}  // namespace duplex::script
