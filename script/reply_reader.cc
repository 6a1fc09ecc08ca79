// Replies of commands as Lua values.
#include "base/numbers.h"
#include "script/lua_errors.h"
#include "script/replies.h"

#include <cstdint>
#include <cstdlib>

namespace duplex::script {

namespace {

// Reads what ReplyWriter wrote: it is well formed.
class Reader {
 public:
  Reader(lua_State* lua, std::string_view bytes) : lua_(lua), bytes_(bytes) {}

  std::size_t position() const { return at_; }

  void push_next() {
    luaL_checkstack(lua_, 6, "too deeply nested reply");
    const char type = bytes_[at_];
    const std::string_view line = take_line();
    switch (type) {
      case '+':
        return push_table("ok", line);
      case '-':
        return push_error(lua_, line, true);
      case ':':
        return lua_pushnumber(lua_, static_cast<lua_Number>(number(line)));
      case '$':
        if (line == "-1") return lua_pushboolean(lua_, 0);
        return push(lua_, take_bytes(number(line)));
      case '*':
      case '>':
        if (line == "-1") return lua_pushboolean(lua_, 0);
        return push_array(number(line));
      case '%':
        return push_map(number(line));
      case '~':
        return push_set(number(line));
      case '_':
        return lua_pushnil(lua_);
      case '#':
        return lua_pushboolean(lua_, line == "t" ? 1 : 0);
      case ',':
        return push_double(line);
      case '(':
        return push_table("big_number", line);
      case '=':
        return push_verbatim(take_bytes(number(line)));
      default:
        luaL_error(lua_, "unknown type of reply");
    }
  }

 private:
  std::string_view take_line() {
    const std::size_t end = bytes_.find("\r\n", at_);
    const std::string_view line = bytes_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 2;
    return line;
  }
  std::string_view take_bytes(std::int64_t size) {
    const std::string_view bytes = bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += bytes.size() + 2;
    return bytes;
  }
  static std::int64_t number(std::string_view line) { return base::parse_int64(line).value_or(0); }

  void push_table(const char* field, std::string_view text) {
    lua_createtable(lua_, 0, 1);
    push(lua_, text);
    lua_setfield(lua_, -2, field);
  }
  void push_array(std::int64_t count) {
    lua_createtable(lua_, static_cast<int>(count), 0);
    for (int i = 1; i <= count; ++i) {
      push_next();
      lua_rawseti(lua_, -2, i);
    }
  }
  void push_map(std::int64_t pairs) {
    lua_createtable(lua_, 0, 1);
    lua_createtable(lua_, 0, static_cast<int>(pairs));
    for (std::int64_t i = 0; i < pairs; ++i) {
      push_next();
      push_next();
      lua_rawset(lua_, -3);
    }
    lua_setfield(lua_, -2, "map");
  }
  void push_set(std::int64_t count) {
    lua_createtable(lua_, 0, 1);
    lua_createtable(lua_, 0, static_cast<int>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      push_next();
      lua_pushboolean(lua_, 1);
      lua_rawset(lua_, -3);
    }
    lua_setfield(lua_, -2, "set");
  }
  void push_double(std::string_view line) {
    lua_createtable(lua_, 0, 1);
    // strtod() reads what a number line holds, "inf" and "nan" too; a CR ends it.
    lua_pushnumber(lua_, std::strtod(line.data(), nullptr));
    lua_setfield(lua_, -2, "double");
  }
  void push_verbatim(std::string_view bytes) {
    constexpr std::size_t format_bytes = 3;
    lua_createtable(lua_, 0, 1);
    lua_createtable(lua_, 0, 2);
    push(lua_, bytes.substr(0, format_bytes));
    lua_setfield(lua_, -2, "format");
    push(lua_, bytes.substr(format_bytes + 1));
    lua_setfield(lua_, -2, "string");
    lua_setfield(lua_, -2, "verbatim_string");
  }

  lua_State* lua_;
  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::size_t push_reply(lua_State* lua, std::string_view bytes) {
  Reader reader(lua, bytes);
  reader.push_next();
  return reader.position();
}

}  // namespace duplex::script
