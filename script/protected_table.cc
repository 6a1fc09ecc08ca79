// Views of tables: scripts read them as if they were the tables, and cannot change them.
#include "script/protected_table.h"

namespace duplex::script {

namespace {

char protected_mark;  // its address is the name of the table behind a view, in its metatable

constexpr const char* readonly_text = "Attempt to modify a readonly table";

int refuse_new_index(lua_State* lua) {
  return luaL_error(lua, "%s", readonly_text);
}

}  // namespace

void look_behind(lua_State* lua, int index) {
  if (lua_getmetatable(lua, index) == 0) return;
  lua_pushlightuserdata(lua, &protected_mark);
  lua_rawget(lua, -2);
  if (lua_istable(lua, -1)) {
    lua_pushvalue(lua, -1);
    lua_replace(lua, index);
  }
  lua_pop(lua, 2);
}

bool is_protected(lua_State* lua, int index) {
  if (lua_getmetatable(lua, index) == 0) return false;
  lua_pushlightuserdata(lua, &protected_mark);
  lua_rawget(lua, -2);
  const bool found = lua_istable(lua, -1);
  lua_pop(lua, 2);
  return found;
}

int refuse_change(lua_State* lua) {
  lua_pushstring(lua, readonly_text);
  return lua_error(lua);
}

void push_protected(lua_State* lua) {
  lua_createtable(lua, 0, 0);
  lua_createtable(lua, 0, 3);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_new_index);
  lua_setfield(lua, -2, "__newindex");
  lua_pushlightuserdata(lua, &protected_mark);
  lua_pushvalue(lua, -4);
  lua_rawset(lua, -3);
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

}  // namespace duplex::script
