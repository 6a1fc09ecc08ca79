// What scripts find in an interpreter: Lua's harmless libraries, and tables that cannot be changed.
#include "script/sandbox.h"

#include "script/protected_table.h"
#include "script/sandbox_parts.h"

namespace duplex::script {

namespace {

char globals_mark;  // its address is the name of the table of the globals in Lua's registry

int refuse_unknown_global(lua_State* lua) {
  const char* name = lua_tostring(lua, 2);
  return luaL_error(lua,
                    "Script attempted to access nonexistent global variable '%s'",
                    name != nullptr ? name : luaL_typename(lua, 2));
}

void open(lua_State* lua, const char* name, lua_CFunction opener) {
  lua_pushcfunction(lua, opener);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

}  // namespace

void open_sandbox(lua_State* lua) {
  open(lua, "", luaopen_base);
  open(lua, LUA_TABLIBNAME, luaopen_table);
  open(lua, LUA_STRLIBNAME, luaopen_string);
  open(lua, LUA_MATHLIBNAME, luaopen_math);
  open(lua, LUA_OSLIBNAME, luaopen_os);
  lua_createtable(lua, 0, 40);
  add_base_functions(lua);
  add_libraries(lua);
}

void protect_globals(lua_State* lua) {
  lua_pushlightuserdata(lua, &globals_mark);
  lua_pushvalue(lua, -2);
  lua_rawset(lua, LUA_REGISTRYINDEX);
  lua_createtable(lua, 0, 1);
  lua_pushcfunction(lua, refuse_unknown_global);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
  lua_pushvalue(lua, -1);
  push_protected(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "_G");
  lua_replace(lua, LUA_GLOBALSINDEX);
  lua_pop(lua, 1);
}

void push_globals(lua_State* lua) {
  lua_pushlightuserdata(lua, &globals_mark);
  lua_rawget(lua, LUA_REGISTRYINDEX);
}

}  // namespace duplex::script
