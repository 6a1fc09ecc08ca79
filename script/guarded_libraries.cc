// The libraries that scripts have, kept within bounds.
#include "script/interpreter.h"
#include "script/message_pack.h"
#include "script/protected_table.h"
#include "script/sandbox.h"
#include "script/sandbox_parts.h"
#include "script/string_library.h"
#include "script/struct_library.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

extern "C" {
#include <lua-bitop.h>
#include <lua-cjson.h>
}

namespace duplex::script {

namespace {

char random_mark;  // its address is the name of the state of math.random() in Lua's registry

// Where the generator of drand48() begins. Scripts go on from where the last one ended.
constexpr std::uint64_t first_random = 0x1234abcd330e;

// How many elements table.insert() moves between two looks at the clock.
constexpr int moves_per_look = 10'000;
// What cjson may write at once. Its buffer is not counted, and counts bytes in an int.
constexpr std::size_t json_bytes_max = 256 * 1024 * 1024;

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
        if (i % moves_per_look == 0) Interpreter::look(lua);
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

void seed_random(lua_State* lua, std::uint32_t seed) {
  constexpr std::uint64_t low_word = 0x330e;
  lua_pushlightuserdata(lua, &random_mark);
  lua_rawget(lua, LUA_REGISTRYINDEX);
  *static_cast<std::uint64_t*>(lua_touserdata(lua, -1)) = std::uint64_t{seed} << 16 | low_word;
  lua_pop(lua, 1);
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

// How cjson takes tables with gaps; asked for only if there is a large one.
struct SparseArrays {
  bool is_known = false;
  double ratio = 0;
  double safe = 0;

  // encode_sparse_array() is the third upvalue of the guard of encode().
  void ask(lua_State* lua) {
    if (std::exchange(is_known, true)) return;
    lua_pushvalue(lua, lua_upvalueindex(3));
    lua_call(lua, 0, 3);
    ratio = lua_tonumber(lua, -2);
    safe = lua_tonumber(lua, -1);
    lua_pop(lua, 3);
  }
};

// What the gaps of a table add, which cjson fills if it writes an array: `last` is its largest
// index, `count` the number of its elements.
std::size_t gap_bytes(lua_State* lua, SparseArrays& sparse, double last, double count) {
  constexpr double much = 1e6;
  constexpr std::size_t null_bytes = 5;
  if (last < much || last < count * 2) return 0;
  sparse.ask(lua);
  const bool is_refused = sparse.ratio > 0 && last > count * sparse.ratio && last > sparse.safe;
  return is_refused ? 0 : static_cast<std::size_t>(last) * null_bytes;
}

// At most how long the value at `index` gets as JSON, or more than the limit.
std::size_t json_bytes(lua_State* lua, int index, std::size_t so_far, SparseArrays& sparse) {
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
  double last = 0;
  double count = 0;
  bool is_array = true;
  lua_pushnil(lua);
  while (so_far <= json_bytes_max && lua_next(lua, table) != 0) {
    is_array = is_array && lua_type(lua, -2) == LUA_TNUMBER && lua_tonumber(lua, -2) >= 1 &&
               std::floor(lua_tonumber(lua, -2)) == lua_tonumber(lua, -2);
    if (is_array) last = std::max(last, lua_tonumber(lua, -2));
    ++count;
    so_far = json_bytes(lua, -2, so_far, sparse);
    so_far = json_bytes(lua, -1, so_far, sparse);
    lua_pop(lua, 1);
  }
  lua_settop(lua, table + (index == -2 ? 1 : 0));
  if (is_array) so_far += gap_bytes(lua, sparse, last, count);
  return so_far;
}

// The originals find their settings in an upvalue, so a guard has the original's as its own first
// one; behind it stands the original.
int json_encode(lua_State* lua) {
  SparseArrays sparse;
  if (lua_gettop(lua) == 1 && json_bytes(lua, -1, 0, sparse) > json_bytes_max)
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
  lua_getfield(lua, -3, "encode_sparse_array");
  lua_pushcclosure(lua, guard, 3);
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

void set(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

void add_string_library(lua_State* lua, int globals) {
  lua_getglobal(lua, "string");
  replace_string_functions(lua);
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

}  // namespace

void add_libraries(lua_State* lua) {
  const int globals = lua_gettop(lua);
  add_string_library(lua, globals);
  const auto add = [&](const char* name) {
    push_protected(lua);
    lua_setfield(lua, globals, name);
  };
  lua_getglobal(lua, "table");
  set(lua, "insert", table_insert);
  add("table");
  lua_pushlightuserdata(lua, &random_mark);
  *static_cast<std::uint64_t*>(lua_newuserdata(lua, sizeof(std::uint64_t))) = first_random;
  lua_rawset(lua, LUA_REGISTRYINDEX);
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

}  // namespace duplex::script
