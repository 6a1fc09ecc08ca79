// What scripts find in an interpreter: Lua's harmless libraries, and tables that cannot be changed.
#include "script/sandbox.h"

#include "script/lua_errors.h"
#include "script/message_pack.h"
#include "script/struct_library.h"

#include <cmath>
#include <cstddef>
#include <initializer_list>

extern "C" {
#include <lua-bitop.h>
#include <lua-cjson.h>
}

namespace duplex::script {

namespace {

// Their addresses are names in Lua's registry and in metatables.
char protected_mark;  // in the metatable of a view: the table behind it
char globals_mark;    // in the registry: the table of the globals
char random_mark;     // in the registry: the state of math.random()

constexpr const char* readonly_text = "Attempt to modify a readonly table";

// A pattern is matched by recursion: a longer one would need more stack than there is.
constexpr std::size_t pattern_bytes_max = 16 * 1024;
// What cjson may write at once. Its buffer is not counted, and counts bytes in an int.
constexpr std::size_t json_bytes_max = 256 * 1024 * 1024;

// Replaces a view at this index by the table behind it.
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

int refuse_new_index(lua_State* lua) {
  return luaL_error(lua, "%s", readonly_text);
}

int refuse_unknown_global(lua_State* lua) {
  const char* name = lua_tostring(lua, 2);
  return luaL_error(lua,
                    "Script attempted to access nonexistent global variable '%s'",
                    name != nullptr ? name : luaL_typename(lua, 2));
}

// --- base functions that know of views ---

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
      lua_pushnumber(lua,
                     lua_gc(lua, LUA_GCCOUNT, 0) +
                         lua_gc(lua, LUA_GCCOUNTB, 0) / bytes_per_kilobyte);
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

// --- string ---

// The original is an upvalue; it finds its arguments where Lua put them.
int with_short_pattern(lua_State* lua) {
  if (lua_type(lua, 2) == LUA_TSTRING && lua_objlen(lua, 2) > pattern_bytes_max)
    return luaL_error(lua, "pattern too complex");
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// --- table ---

int table_insert(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (is_protected(lua, 1)) return refuse_change(lua);
  const int end = static_cast<int>(lua_objlen(lua, 1)) + 1;
  int position = end;
  switch (lua_gettop(lua)) {
    case 2:
      break;
    case 3:
      position = luaL_checkint(lua, 2);
      for (int i = position > end ? position : end; i > position; --i) {
        lua_rawgeti(lua, 1, i - 1);
        lua_rawseti(lua, 1, i);
      }
      break;
    default:
      return luaL_error(lua, "wrong number of arguments to 'insert'");
  }
  lua_rawseti(lua, 1, position);
  return 0;
}

// --- math ---

// The generator of drand48(), as Redis's scripts know it.
std::uint32_t next_random(lua_State* lua) {
  lua_pushlightuserdata(lua, &random_mark);
  lua_rawget(lua, LUA_REGISTRYINDEX);
  auto& state = *static_cast<std::uint64_t*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  constexpr std::uint64_t factor = 0x5deece66d;
  constexpr std::uint64_t mask = (std::uint64_t{1} << 48) - 1;
  state = (state * factor + 0xb) & mask;
  return static_cast<std::uint32_t>(state >> 17);
}

int math_random(lua_State* lua) {
  constexpr std::uint32_t largest = 0x7fffffff;
  const lua_Number unit = static_cast<lua_Number>(next_random(lua) % largest) / largest;
  switch (lua_gettop(lua)) {
    case 0:
      lua_pushnumber(lua, unit);
      return 1;
    case 1: {
      const int high = luaL_checkint(lua, 1);
      luaL_argcheck(lua, high >= 1, 1, "interval is empty");
      lua_pushnumber(lua, std::floor(unit * high) + 1);
      return 1;
    }
    case 2: {
      const int low = luaL_checkint(lua, 1);
      const int high = luaL_checkint(lua, 2);
      luaL_argcheck(lua, low <= high, 2, "interval is empty");
      lua_pushnumber(lua, std::floor(unit * (static_cast<lua_Number>(high) - low + 1)) + low);
      return 1;
    }
    default:
      return luaL_error(lua, "wrong number of arguments");
  }
}

int math_randomseed(lua_State* lua) {
  seed_random(lua, static_cast<std::uint32_t>(luaL_checkint(lua, 1)));
  return 0;
}

// --- cjson ---

// At most how long the value at `index` gets as JSON, or more than the limit.
std::size_t json_bytes(lua_State* lua, int index, std::size_t so_far) {
  constexpr std::size_t number_bytes = 32;
  switch (lua_type(lua, index)) {
    case LUA_TSTRING:
      return so_far + lua_objlen(lua, index) * 6 + 3;
    case LUA_TTABLE:
      break;
    default:
      return so_far + number_bytes;
  }
  so_far += 4;
  if (lua_checkstack(lua, 4) == 0) return so_far;  // too deep for cjson too
  const int table = lua_gettop(lua) + index + 1;
  lua_pushnil(lua);
  while (so_far <= json_bytes_max && lua_next(lua, table) != 0) {
    so_far = json_bytes(lua, -2, so_far);
    so_far = json_bytes(lua, -1, so_far);
    lua_pop(lua, 1);
  }
  lua_settop(lua, table + (index == -2 ? 1 : 0));
  return so_far;
}

// The originals find their settings in an upvalue, so a guard has the original's as its own first
// one; behind it stands the original.
int json_encode(lua_State* lua) {
  if (lua_gettop(lua) == 1 && json_bytes(lua, -1, 0) > json_bytes_max)
    return luaL_error(lua, "Cannot serialise, result is too long");
  return lua_tocfunction(lua, lua_upvalueindex(2))(lua);
}

int json_decode(lua_State* lua) {
  if (lua_type(lua, 1) == LUA_TSTRING && lua_objlen(lua, 1) > json_bytes_max)
    return luaL_error(lua, "Cannot parse, text is too long");
  return lua_tocfunction(lua, lua_upvalueindex(2))(lua);
}

void guard_json(lua_State* lua, const char* name, lua_CFunction guard) {
  lua_getfield(lua, -1, name);
  lua_getupvalue(lua, -1, 1);
  lua_insert(lua, -2);
  lua_pushcclosure(lua, guard, 2);
  lua_setfield(lua, -2, name);
}

int json_new(lua_State* lua) {
  lua_settop(lua, 0);
  lua_pushcfunction(lua, luaopen_cjson);
  lua_call(lua, 0, 1);
  guard_json(lua, "encode", json_encode);
  guard_json(lua, "decode", json_decode);
  lua_pushcfunction(lua, json_new);
  lua_setfield(lua, -2, "new");
  return 1;
}

// --- putting it together ---

void open(lua_State* lua, const char* name, lua_CFunction opener) {
  lua_pushcfunction(lua, opener);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

// Wraps functions of the library at the top; the originals become upvalues.
void wrap(lua_State* lua, std::initializer_list<const char*> names, lua_CFunction wrapper) {
  for (const char* name : names) {
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, wrapper, 1);
    lua_setfield(lua, -2, name);
  }
}

void set(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

void copy_base_functions(lua_State* lua, int globals) {
  for (const char* name : {"_VERSION", "assert",   "error",    "gcinfo", "ipairs", "rawequal", "select",
                           "tonumber", "tostring", "type",   "unpack", "xpcall",   "coroutine"}) {
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
  lua_getfield(lua, -1, "next");
  lua_pushcclosure(lua, base_pairs, 1);
  lua_setfield(lua, -2, "pairs");
  lua_pop(lua, 1);
}

void add_string_library(lua_State* lua, int globals) {
  lua_getglobal(lua, "string");
  wrap(lua, {"find", "match", "gmatch", "gfind", "gsub"}, with_short_pattern);
  push_protected(lua);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, globals, "string");
  lua_createtable(lua, 0, 1);
  lua_insert(lua, -2);
  lua_setfield(lua, -2, "__index");
  push_protected(lua);
  lua_pushcclosure(lua, base_getmetatable, 1);
  lua_setfield(lua, globals, "getmetatable");
}

void add_libraries(lua_State* lua, int globals) {
  const auto add = [&](const char* name) {
    push_protected(lua);
    lua_setfield(lua, globals, name);
  };
  lua_getglobal(lua, "table");
  set(lua, "insert", table_insert);
  add("table");
  lua_getglobal(lua, "math");
  set(lua, "random", math_random);
  set(lua, "randomseed", math_randomseed);
  add("math");
  lua_createtable(lua, 0, 1);
  lua_getglobal(lua, "os");
  lua_getfield(lua, -1, "clock");
  lua_setfield(lua, -3, "clock");
  lua_pop(lua, 1);
  add("os");
  lua_pushcfunction(lua, json_new);
  lua_call(lua, 0, 1);
  add("cjson");
  lua_pushcfunction(lua, luaopen_bit);
  lua_call(lua, 0, 1);
  add("bit");
  push_message_pack(lua);
  add("cmsgpack");
  push_struct_library(lua);
  add("struct");
}

}  // namespace

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

void open_sandbox(lua_State* lua) {
  open(lua, "", luaopen_base);
  open(lua, LUA_TABLIBNAME, luaopen_table);
  open(lua, LUA_STRLIBNAME, luaopen_string);
  open(lua, LUA_MATHLIBNAME, luaopen_math);
  open(lua, LUA_OSLIBNAME, luaopen_os);
  lua_pushlightuserdata(lua, &random_mark);
  *static_cast<std::uint64_t*>(lua_newuserdata(lua, sizeof(std::uint64_t))) = 0;
  lua_rawset(lua, LUA_REGISTRYINDEX);
  seed_random(lua, 0);
  lua_createtable(lua, 0, 40);
  const int globals = lua_gettop(lua);
  copy_base_functions(lua, globals);
  add_string_library(lua, globals);
  add_libraries(lua, globals);
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

void seed_random(lua_State* lua, std::uint32_t seed) {
  constexpr std::uint64_t low_word = 0x330e;
  lua_pushlightuserdata(lua, &random_mark);
  lua_rawget(lua, LUA_REGISTRYINDEX);
  *static_cast<std::uint64_t*>(lua_touserdata(lua, -1)) = std::uint64_t{seed} << 16 | low_word;
  lua_pop(lua, 1);
}

}  // namespace duplex::script
