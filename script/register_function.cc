// redis.register_function(): how a library says what it has.
#include "script/interpreter.h"
#include "script/libraries.h"
#include "script/lua_errors.h"
#include "script/redis_api.h"

#include <string_view>
#include <utility>

namespace duplex::script {

namespace {

// What was given, at places of Lua's stack; 0: nothing. Trivial, because Lua's errors jump.
struct Registration {
  int name = 0;
  int callback = 0;
  int description = 0;
  ScriptFlags flags;
};

void read_flags(lua_State* lua, int table, ScriptFlags& flags) {
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, table, i);
    if (lua_isnil(lua, -1)) break;
    if (lua_type(lua, -1) != LUA_TSTRING) raise_error(lua, "unknown flag given");
    const auto flag = flag_by_name(text_at(lua, -1));
    if (!flag) raise_error(lua, "unknown flag given");
    flags.add(*flag);
    lua_pop(lua, 1);
  }
  lua_pop(lua, 1);
}

constexpr int name_slot = 2;
constexpr int callback_slot = 3;
constexpr int description_slot = 4;

void keep(lua_State* lua, int slot, int& place) {
  lua_replace(lua, slot);
  place = slot;
}

// Takes the value at the top.
void read_named(lua_State* lua, std::string_view key, Registration& given) {
  if (key == "function_name") {
    if (lua_tostring(lua, -1) == nullptr)
      raise_error(lua, "function_name argument given to redis.register_function must be a string");
    keep(lua, name_slot, given.name);
  } else if (key == "description") {
    if (lua_tostring(lua, -1) == nullptr)
      raise_error(lua, "description argument given to redis.register_function must be a string");
    keep(lua, description_slot, given.description);
  } else if (key == "callback") {
    if (!lua_isfunction(lua, -1))
      raise_error(lua, "callback argument given to redis.register_function must be a function");
    keep(lua, callback_slot, given.callback);
  } else if (key == "flags") {
    if (!lua_istable(lua, -1))
      raise_error(lua,
                  "flags argument to redis.register_function must be a table representing "
                  "function flags");
    read_flags(lua, lua_gettop(lua), given.flags);
    lua_pop(lua, 1);
  } else {
    raise_error(lua, "unknown argument given to redis.register_function");
  }
}

Registration read_table(lua_State* lua) {
  Registration given;
  given.flags.has_shebang = true;
  luaL_checkstack(lua, 16, "too many arguments");
  // The values are kept in slots 2 to 4, below the key that lua_next() goes on from.
  lua_settop(lua, 1);
  for (int slot = 2; slot <= 4; ++slot)
    lua_pushnil(lua);
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    if (lua_type(lua, -2) != LUA_TSTRING)
      raise_error(lua, "named argument key given to redis.register_function is not a string");
    read_named(lua, text_at(lua, -2), given);
  }
  if (given.name == 0)
    raise_error(lua, "redis.register_function must get a function name argument");
  if (given.callback == 0) raise_error(lua, "redis.register_function must get a callback argument");
  return given;
}

Registration read_pair(lua_State* lua) {
  Registration given;
  given.flags.has_shebang = true;
  if (lua_isstring(lua, 1) == 0)
    raise_error(lua, "first argument to redis.register_function must be a string");
  if (!lua_isfunction(lua, 2))
    raise_error(lua, "second argument to redis.register_function must be a function");
  lua_tostring(lua, 1);
  given.name = 1;
  given.callback = 2;
  return given;
}

bool has_function(const Library& library, std::string_view name) {
  for (const Function& function : library.functions)
    if (function.name == name) return true;
  return false;
}

// Nothing here raises a Lua error.
void add(Interpreter& interpreter, lua_State* lua, const Registration& given, int place) {
  Function function;
  function.name = text_at(lua, given.name);
  if (given.description != 0) function.description = text_at(lua, given.description);
  function.flags = given.flags;
  interpreter.keep_loaded(function.name, place);
  interpreter.loading()->functions.push_back(std::move(function));
}

}  // namespace

int register_function(lua_State* lua) {
  Interpreter& interpreter = Interpreter::of(lua);
  if (interpreter.loading() == nullptr)
    return raise_error(lua, "redis.register_function can only be called on FUNCTION LOAD command");
  const int count = lua_gettop(lua);
  if (count < 1 || count > 2)
    return raise_error(lua, "wrong number of arguments to redis.register_function");
  if (count == 1 && !lua_istable(lua, 1))
    return raise_error(lua,
                       "calling redis.register_function with a single argument is only applicable "
                       "to Lua table (representing named arguments).");
  const Registration given = count == 1 ? read_table(lua) : read_pair(lua);
  if (!is_function_name(text_at(lua, given.name))) return raise_error(lua, bad_name.data());
  if (has_function(*interpreter.loading(), text_at(lua, given.name)))
    return raise_error(lua, "Function already exists in the library");
  lua_pushvalue(lua, given.callback);
  const int place = luaL_ref(lua, LUA_REGISTRYINDEX);
  add(interpreter, lua, given, place);
  return 0;
}

}  // namespace duplex::script
