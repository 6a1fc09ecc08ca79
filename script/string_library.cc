// The functions of Lua's string library that work with patterns, and others that may take long.
#include "script/string_library.h"

#include "script/interpreter.h"
#include "script/pattern.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace duplex::script {

namespace {

// A pattern is matched by recursion: a longer one would need more stack than there is.
constexpr std::size_t pattern_bytes_max = 16 * 1024;

std::string_view text_argument(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, index, &size);
  return {text, size};
}

std::string_view pattern_argument(lua_State* lua, int index) {
  const std::string_view pattern = text_argument(lua, index);
  if (pattern.size() > pattern_bytes_max) luaL_error(lua, "pattern too complex");
  return pattern;
}

// Whether the pattern stands for nothing but itself; what is behind a zero byte is not looked at.
bool is_plain(std::string_view pattern) {
  return pattern.substr(0, pattern.find('\0')).find_first_of("^$*+?.([%-") ==
         std::string_view::npos;
}

// In a time that grows with the lengths, not with their product, as std::string_view's would.
std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t at) {
  const void* found = ::memmem(text.data() + at, text.size() - at, wanted.data(), wanted.size());
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// Where to begin, counted from 0: a negative number in Lua counts from the end.
std::size_t begin_argument(lua_State* lua, int index, std::size_t size) {
  auto begin = static_cast<std::ptrdiff_t>(luaL_optinteger(lua, index, 1));
  if (begin < 0) begin += static_cast<std::ptrdiff_t>(size) + 1;
  return std::min(static_cast<std::size_t>(std::max<std::ptrdiff_t>(begin - 1, 0)), size);
}

int find_or_match(lua_State* lua, bool finds) {
  const std::string_view text = text_argument(lua, 1);
  std::string_view wanted = text_argument(lua, 2);
  std::size_t at = begin_argument(lua, 3, text.size());
  if (finds && (lua_toboolean(lua, 4) != 0 || is_plain(wanted))) {
    const std::size_t found = find_text(text, wanted, at);
    if (found == std::string_view::npos) return lua_pushnil(lua), 1;
    lua_pushinteger(lua, static_cast<lua_Integer>(found + 1));
    lua_pushinteger(lua, static_cast<lua_Integer>(found + wanted.size()));
    return 2;
  }
  wanted = pattern_argument(lua, 2);
  const bool anchored = wanted.starts_with('^');
  Pattern pattern(lua, text, wanted.substr(anchored ? 1 : 0));
  do {
    const std::size_t end = pattern.match(at);
    if (end == Pattern::no_match) continue;
    if (!finds) return pattern.push_captures(at, end, true);
    lua_pushinteger(lua, static_cast<lua_Integer>(at + 1));
    lua_pushinteger(lua, static_cast<lua_Integer>(end));
    return 2 + pattern.push_captures(at, end, false);
  } while (at++ < text.size() && !anchored);
  lua_pushnil(lua);
  return 1;
}

int string_find(lua_State* lua) {
  return find_or_match(lua, true);
}
int string_match(lua_State* lua) {
  return find_or_match(lua, false);
}

// The iterator of gmatch(): text, pattern and where to go on are its upvalues.
int next_match(lua_State* lua) {
  const std::string_view text = text_argument(lua, lua_upvalueindex(1));
  const std::string_view wanted = text_argument(lua, lua_upvalueindex(2));
  Pattern pattern(lua, text, wanted);
  for (auto at = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(3)));
       at <= text.size();
       ++at) {
    const std::size_t end = pattern.match(at);
    if (end == Pattern::no_match) continue;
    lua_pushinteger(lua, static_cast<lua_Integer>(end == at ? end + 1 : end));
    lua_replace(lua, lua_upvalueindex(3));
    return pattern.push_captures(at, end, true);
  }
  return 0;
}

int string_gmatch(lua_State* lua) {
  text_argument(lua, 1);
  pattern_argument(lua, 2);
  lua_settop(lua, 2);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_match, 3);
  return 1;
}

// The text in argument 3 with its %0 to %9.
void add_replacement_text(
    lua_State* lua, luaL_Buffer& out, Pattern& pattern, std::size_t begin, std::size_t end) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, 3, &size);
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] != '%') {
      luaL_addchar(&out, text[i]);
      continue;
    }
    const char next = text[++i];  // Lua ends texts with a zero
    if (std::isdigit(static_cast<unsigned char>(next)) == 0) {
      luaL_addchar(&out, next);
      continue;
    }
    if (next == '0') {
      luaL_addlstring(&out, lua_tostring(lua, 1) + begin, end - begin);
    } else {
      pattern.push_capture(static_cast<std::size_t>(next - '1'), begin, end);
      luaL_addvalue(&out);
    }
  }
}

// What takes the place of one match.
void add_replacement(
    lua_State* lua, luaL_Buffer& out, Pattern& pattern, std::size_t begin, std::size_t end) {
  switch (lua_type(lua, 3)) {
    case LUA_TTABLE:
      pattern.push_capture(0, begin, end);
      lua_gettable(lua, 3);
      break;
    case LUA_TFUNCTION:
      lua_pushvalue(lua, 3);
      lua_call(lua, pattern.push_captures(begin, end, true), 1);
      break;
    default:
      return add_replacement_text(lua, out, pattern, begin, end);
  }
  if (lua_toboolean(lua, -1) == 0) {
    lua_pop(lua, 1);
    lua_pushlstring(lua, lua_tostring(lua, 1) + begin, end - begin);
  } else if (lua_isstring(lua, -1) == 0) {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  }
  luaL_addvalue(&out);
}

int string_gsub(lua_State* lua) {
  const std::string_view text = text_argument(lua, 1);
  const std::string_view wanted = pattern_argument(lua, 2);
  const int kind = lua_type(lua, 3);
  const int count_max = luaL_optint(lua, 4, static_cast<int>(text.size() + 1));
  luaL_argcheck(
      lua,
      kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE,
      3,
      "string/function/table expected");
  const bool anchored = wanted.starts_with('^');
  Pattern pattern(lua, text, wanted.substr(anchored ? 1 : 0));
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  std::size_t at = 0;
  int count = 0;
  while (count < count_max) {
    const std::size_t end = pattern.match(at);
    if (end != Pattern::no_match) {
      ++count;
      add_replacement(lua, out, pattern, at, end);
    }
    if (end != Pattern::no_match && end > at)
      at = end;
    else if (at < text.size())
      luaL_addchar(&out, text[at++]);
    else
      break;
    if (anchored) break;
  }
  luaL_addlstring(&out, text.data() + at, text.size() - at);
  luaL_pushresult(&out);
  lua_pushinteger(lua, count);
  return 2;
}

// Lua repeats an empty text as often as it is asked to. The original is the upvalue.
int string_rep(lua_State* lua) {
  if (text_argument(lua, 1).empty()) {
    luaL_checkint(lua, 2);
    lua_pushliteral(lua, "");
    return 1;
  }
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

}  // namespace

void replace_string_functions(lua_State* lua) {
  constexpr std::pair<const char*, lua_CFunction> functions[] = {{"find", string_find},
                                                                 {"match", string_match},
                                                                 {"gmatch", string_gmatch},
                                                                 {"gsub", string_gsub}};
  for (const auto& [name, function] : functions) {
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
  }
  lua_getfield(lua, -1, "gmatch");
  lua_setfield(lua, -2, "gfind");
  lua_getfield(lua, -1, "rep");
  lua_pushcclosure(lua, string_rep, 1);
  lua_setfield(lua, -2, "rep");
}

}  // namespace duplex::script
