// What scripts find in an interpreter: Lua's harmless libraries, and tables that cannot be changed.
#pragma once

#include "script/lua.h"

#include <cstdint>

namespace duplex::script {

// Opens the libraries and takes away what leaves the sandbox. Leaves the table of the globals at
// the top; protect_globals() takes it.
void open_sandbox(lua_State* lua);

// Replaces the table at the top by a view of it: scripts read it as if it was the table, and cannot
// change it, with what means ever.
void push_protected(lua_State* lua);
// Makes the table at the top what scripts know as their globals.
void protect_globals(lua_State* lua);
// Pushes the table of the globals itself.
void push_globals(lua_State* lua);

// Restarts math.random(): every script sees the same numbers.
void seed_random(lua_State* lua, std::uint32_t seed);

}  // namespace duplex::script
