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

// Makes it an error to read what is not in the table at the top.
void refuse_unknown_fields(lua_State* lua);
// Takes the table at the top: the only globals while a library is loaded. Requires:
// protect_globals() was called.
void keep_load_globals(lua_State* lua);
// Shows code the globals of loading, or those of scripts again. Needs no memory.
void show_load_globals(lua_State* lua, bool is_loading);

}  // namespace duplex::script
