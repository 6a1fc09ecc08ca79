// Lua values as replies.
#include "script/replies.h"

#include "script/lua_errors.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace duplex::script {

namespace {

// Line ends would end the reply early. `out` is kept by the caller, so that nothing is lost when
// Lua raises an error.
void clean_line(std::string_view text, base::Buffer& to) {
  for (const char c : text)
    to.append(c == '\r' || c == '\n' ? ' ' : c);
}

// As C converts a double where that is defined, else the lowest number.
std::int64_t truncated(lua_Number number) {
  constexpr double limit = 9223372036854775808.0;
  if (!(number > -limit && number < limit)) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(number);
}

class Writer {
 public:
  Writer(lua_State* lua, resp::ReplyWriter& reply, resp::Protocol protocol)
      : lua_(lua), reply_(reply), protocol_(protocol) {}

  void write_top() {
    if (lua_checkstack(lua_, 8) == 0) {
      reply_.error("ERR reached lua stack limit");
      return lua_pop(lua_, 1);
    }
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        reply_.bulk(text_at(lua_, -1));
        break;
      case LUA_TBOOLEAN:
        write_boolean(lua_toboolean(lua_, -1) != 0);
        break;
      case LUA_TNUMBER:
        reply_.integer(truncated(lua_tonumber(lua_, -1)));
        break;
      case LUA_TTABLE:
        write_table();
        break;
      default:
        reply_.null();
    }
    lua_pop(lua_, 1);
  }

 private:
  void write_boolean(bool value) {
    if (protocol_ == resp::Protocol::resp3) return reply_.boolean(value);
    if (value) return reply_.integer(1);
    reply_.null();
  }

  // Pushes the field if the table at the top has it with this type.
  bool push_field(const char* name, int type) {
    lua_pushstring(lua_, name);
    lua_rawget(lua_, -2);
    if (lua_type(lua_, -1) == type) return true;
    lua_pop(lua_, 1);
    return false;
  }

  // Statuses and errors end at a zero byte.
  std::string_view line_at(int index) const {
    const std::string_view text = text_at(lua_, index);
    return text.substr(0, text.find('\0'));
  }

  void write_table() {
    if (push_field("err", LUA_TSTRING)) {
      reply_.error(line_at(-1));
    } else if (push_field("ok", LUA_TSTRING)) {
      base::Buffer& out = reply_.buffer();
      out.append('+');
      clean_line(line_at(-1), out);
      out.append("\r\n");
    } else if (push_field("double", LUA_TNUMBER)) {
      reply_.real(lua_tonumber(lua_, -1));
    } else if (push_field("map", LUA_TTABLE)) {
      write_pairs(true);
    } else if (push_field("set", LUA_TTABLE)) {
      write_pairs(false);
    } else if (push_field("big_number", LUA_TSTRING)) {
      write_big_number();
    } else if (push_field("verbatim_string", LUA_TTABLE)) {
      if (!write_verbatim()) return write_array_under();
    } else {
      return write_array();
    }
    lua_pop(lua_, 1);
  }

  // The keys of the table at the top, and their values if it is a map.
  void write_pairs(bool is_map) {
    const std::size_t place = reply_.begin_deferred();
    std::size_t count = 0;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      ++count;
      if (!is_map) lua_pop(lua_, 1);
      lua_pushvalue(lua_, is_map ? -2 : -1);
      write_top();
      if (is_map) write_top();
    }
    if (is_map)
      reply_.end_deferred_map(place, count);
    else
      reply_.end_deferred_set(place, count);
  }

  void write_big_number() {
    if (reply_.protocol() == resp::Protocol::resp2) return reply_.bulk(text_at(lua_, -1));
    base::Buffer& out = reply_.buffer();
    out.append('(');
    clean_line(text_at(lua_, -1), out);
    out.append("\r\n");
  }

  bool write_verbatim() {
    if (!push_field("format", LUA_TSTRING)) return false;
    const std::string_view format = text_at(lua_, -1);
    lua_pushliteral(lua_, "string");
    lua_rawget(lua_, -3);
    const bool fits = lua_type(lua_, -1) == LUA_TSTRING && format.size() == 3;
    if (fits) reply_.verbatim(format, text_at(lua_, -1));
    lua_pop(lua_, 2);
    return fits;
  }

  void write_array_under() {
    lua_pop(lua_, 1);
    write_array();
  }
  void write_array() {
    const std::size_t place = reply_.begin_deferred();
    std::size_t count = 0;
    while (true) {
      lua_rawgeti(lua_, -1, static_cast<int>(count + 1));
      if (lua_isnil(lua_, -1)) break;
      ++count;
      write_top();
    }
    lua_pop(lua_, 1);
    reply_.end_deferred_array(place, count);
  }

  lua_State* lua_;
  resp::ReplyWriter& reply_;
  const resp::Protocol protocol_;
};

}  // namespace

void write_reply(lua_State* lua, resp::ReplyWriter& reply, resp::Protocol protocol) {
  Writer(lua, reply, protocol).write_top();
}

}  // namespace duplex::script
