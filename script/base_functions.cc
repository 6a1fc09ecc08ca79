// Lua's basic functions, as they are in a sandbox.
#include "script/protected_table.h"
#include "script/sandbox_parts.h"

#include <string_view>

namespace duplex::script {

namespace {

int base_next(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  look_behind(lua, 1);
  if (lua_next(lua, 1) != 0) return 2;
  lua_pushnil(lua);
  return 1;
}

int base_pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int base_rawget(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  look_behind(lua, 1);
  lua_rawget(lua, 1);
  return 1;
}

int base_rawset(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  luaL_checkany(lua, 3);
  lua_settop(lua, 3);
  if (is_protected(lua, 1)) return refuse_change(lua);
  lua_rawset(lua, 1);
  return 1;
}

int base_setmetatable(lua_State* lua) {
  const int type = lua_type(lua, 2);
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_argcheck(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
  if (is_protected(lua, 1)) return refuse_change(lua);
  if (luaL_getmetafield(lua, 1, "__metatable") != 0)
    luaL_error(lua, "cannot change a protected metatable");
  lua_settop(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

// An error table with a text comes out as the text.
int base_pcall(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  lua_pushboolean(lua, status == 0);
  lua_insert(lua, 1);
  if (status != 0 && lua_istable(lua, 2)) {
    lua_getfield(lua, 2, "err");
    if (lua_isstring(lua, -1)) lua_replace(lua, 2);
    lua_settop(lua, 2);
  }
  return lua_gettop(lua);
}

// A script may look at its memory and have it collected; how that is done is not its own affair.
int base_collectgarbage(lua_State* lua) {
  constexpr lua_Number bytes_per_kilobyte = 1024;
  static const char* const options[] = {
      "collect", "count", "step", "stop", "restart", "setpause", "setstepmul", nullptr};
  switch (luaL_checkoption(lua, 1, "collect", options)) {
    case 0:
      lua_pushinteger(lua, lua_gc(lua, LUA_GCCOLLECT, 0));
      return 1;
    case 1:
      lua_pushnumber(
          lua, lua_gc(lua, LUA_GCCOUNT, 0) + lua_gc(lua, LUA_GCCOUNTB, 0) / bytes_per_kilobyte);
      return 1;
    default:
      lua_pushinteger(lua, 0);
      return 1;
  }
}

int load_text(lua_State* lua, std::string_view code, const char* name) {
  // Compiled code is believed by Lua, whatever it does.
  if (!code.empty() && code.front() == LUA_SIGNATURE[0]) {
    lua_pushnil(lua);
    lua_pushliteral(lua, "attempt to load a binary chunk");
    return 2;
  }
  if (luaL_loadbuffer(lua, code.data(), code.size(), name) == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

int base_loadstring(lua_State* lua) {
  luaL_checkstring(lua, 1);
  const std::string_view code = text_at(lua, 1);
  return load_text(lua, code, luaL_optstring(lua, 2, code.data()));
}

int base_load(lua_State* lua) {
  const char* name = luaL_optstring(lua, 2, "=(load)");
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  lua_settop(lua, 2);
  lua_pushliteral(lua, "");
  while (true) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) break;
    if (lua_isstring(lua, -1) == 0) return luaL_error(lua, "reader function must return a string");
    if (text_at(lua, -1).empty()) break;
    lua_concat(lua, 2);
  }
  lua_pop(lua, 1);
  return load_text(lua, text_at(lua, 3), name);
}

// Lua runs the handler where the error is, and does not interrupt it if the error was an
// interruption. Here it is run when the function has been left.
int base_xpcall(lua_State* lua) {
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  lua_insert(lua, 1);
  const int status = lua_pcall(lua, 0, LUA_MULTRET, 0);
  if (status == LUA_ERRRUN) {
    lua_pushvalue(lua, 1);
    lua_insert(lua, -2);
    if (lua_pcall(lua, 1, 1, 0) != 0) {
      lua_pop(lua, 1);
      lua_pushliteral(lua, "error in error handling");
    }
  }
  lua_pushboolean(lua, status == 0 ? 1 : 0);
  lua_replace(lua, 1);
  return lua_gettop(lua);
}

void set(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

}  // namespace

int base_getmetatable(lua_State* lua) {
  luaL_checkany(lua, 1);
  // Strings share theirs with everybody, so what is shown is a view.
  if (lua_type(lua, 1) == LUA_TSTRING) {
    lua_pushvalue(lua, lua_upvalueindex(1));
    return 1;
  }
  if (lua_getmetatable(lua, 1) == 0) {
    lua_pushnil(lua);
    return 1;
  }
  if (is_protected(lua, 1)) {
    lua_pushnil(lua);
    return 1;
  }
  luaL_getmetafield(lua, 1, "__metatable");
  return 1;
}

void add_base_functions(lua_State* lua) {
  const int globals = lua_gettop(lua);
  for (const char* name : {"_VERSION",
                           "assert",
                           "error",
                           "gcinfo",
                           "ipairs",
                           "rawequal",
                           "select",
                           "tonumber",
                           "tostring",
                           "type",
                           "unpack",
                           "coroutine"}) {
    lua_getglobal(lua, name);
    lua_setfield(lua, globals, name);
  }
  lua_getfield(lua, globals, "coroutine");
  push_protected(lua);
  lua_setfield(lua, globals, "coroutine");
  lua_pushvalue(lua, globals);
  set(lua, "collectgarbage", base_collectgarbage);
  set(lua, "load", base_load);
  set(lua, "loadstring", base_loadstring);
  set(lua, "next", base_next);
  set(lua, "pcall", base_pcall);
  set(lua, "rawget", base_rawget);
  set(lua, "rawset", base_rawset);
  set(lua, "setmetatable", base_setmetatable);
  set(lua, "xpcall", base_xpcall);
  lua_getfield(lua, -1, "next");
  lua_pushcclosure(lua, base_pairs, 1);
  lua_setfield(lua, -2, "pairs");
  lua_pop(lua, 1);
}

}  // namespace duplex::script
