// Errors as tables {err = "CODE text"}, as scripts see them.
#include "script/lua_errors.h"

namespace duplex::script {

namespace {
constexpr const char* counted_field = "ignore_error_stats_update";
}  // namespace

void push_error(lua_State* lua, std::string_view text, bool is_counted) {
  lua_createtable(lua, 0, 4);
  push(lua, text);
  lua_setfield(lua, -2, "err");
  if (!is_counted) return;
  lua_pushboolean(lua, 1);
  lua_setfield(lua, -2, counted_field);
}

int raise_error(lua_State* lua, const char* text) {
  lua_createtable(lua, 0, 4);
  lua_pushfstring(lua, "ERR %s", text);
  lua_setfield(lua, -2, "err");
  return lua_error(lua);
}

int error_handler(lua_State* lua) {
  lua_Debug where;
  bool is_known = lua_getstack(lua, 1, &where) != 0 && lua_getinfo(lua, "nSl", &where) != 0;
  // What a C function raised is its caller's.
  if (is_known && where.what[0] == 'C')
    is_known = lua_getstack(lua, 2, &where) != 0 && lua_getinfo(lua, "nSl", &where) != 0;
  if (!lua_istable(lua, 1)) {
    const char* text = lua_tostring(lua, 1);
    if (lua_isboolean(lua, 1)) text = lua_toboolean(lua, 1) != 0 ? "true" : "false";
    lua_createtable(lua, 0, 4);
    if (lua_islightuserdata(lua, 1) && lua_touserdata(lua, 1) == nullptr)
      lua_pushliteral(lua, "ERR userdata: (nil)");  // cjson.null
    else
      lua_pushfstring(lua, "ERR %s", text != nullptr ? text : luaL_typename(lua, 1));
    lua_setfield(lua, -2, "err");
    lua_replace(lua, 1);
  }
  if (is_known) {
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, where.source);
    lua_rawset(lua, 1);
    lua_pushliteral(lua, "line");
    lua_pushinteger(lua, where.currentline);
    lua_rawset(lua, 1);
  }
  lua_settop(lua, 1);
  return 1;
}

ErrorParts read_error(lua_State* lua, int& pushed) {
  ErrorParts parts;
  const int table = lua_gettop(lua);
  const auto field = [&](const char* name) -> std::string_view {
    lua_pushstring(lua, name);
    lua_rawget(lua, table);
    ++pushed;
    return lua_isstring(lua, -1) ? text_at(lua, -1) : std::string_view();
  };
  parts.text = field("err");
  parts.source = field("source");
  parts.line = field("line");
  field(counted_field);
  parts.is_counted = lua_toboolean(lua, -1) != 0;
  return parts;
}

}  // namespace duplex::script
