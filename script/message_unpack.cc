// The library `cmsgpack`: MessagePack as Lua values.
#include "script/message_pack.h"

#include <bit>
#include <cstddef>
#include <cstdint>

namespace duplex::script {

namespace {

// How deep containers may stand in each other; each takes stack of Lua and of C.
constexpr int depth_max = 1000;

class Reader {
 public:
  Reader(lua_State* lua, std::string_view bytes) : lua_(lua), bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }
  std::size_t position() const { return at_; }
  void start_at(std::size_t position) { at_ = position; }

  void push_next(int depth) {
    luaL_checkstack(lua_, 6, "too many return values at once; use unpack_one or unpack_limit.");
    if (depth > depth_max) fail("Bad data format in input.");
    const auto code = static_cast<unsigned>(take(1));
    if (code <= 0x7f) return lua_pushnumber(lua_, code);
    if (code >= 0xe0) return push_signed(static_cast<std::int8_t>(code));
    if (code <= 0x8f) return push_map(code & 0xfu, depth);
    if (code <= 0x9f) return push_array(code & 0xfu, depth);
    if (code <= 0xbf) return push_string(code & 0x1fu);
    push_coded(code, depth);
  }

 private:
  void fail(const char* text) { luaL_error(lua_, "%s", text); }

  std::uint64_t take(std::size_t count) {
    if (bytes_.size() - at_ < count) fail("Missing bytes in input.");
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < count; ++i)
      bits = bits << 8 | static_cast<unsigned char>(bytes_[at_++]);
    return bits;
  }

  void push_signed(std::int64_t value) { lua_pushnumber(lua_, static_cast<lua_Number>(value)); }
  void push_unsigned(std::uint64_t value) { lua_pushnumber(lua_, static_cast<lua_Number>(value)); }

  void push_coded(unsigned code, int depth) {
    switch (code) {
      case 0xc0:
        return lua_pushnil(lua_);
      case 0xc2:
      case 0xc3:
        return lua_pushboolean(lua_, code == 0xc3 ? 1 : 0);
      case 0xca:
        return lua_pushnumber(lua_, std::bit_cast<float>(static_cast<std::uint32_t>(take(4))));
      case 0xcb:
        return lua_pushnumber(lua_, std::bit_cast<double>(take(8)));
      case 0xcc:
        return push_unsigned(take(1));
      case 0xcd:
        return push_unsigned(take(2));
      case 0xce:
        return push_unsigned(take(4));
      case 0xcf:
        return push_unsigned(take(8));
      case 0xd0:
        return push_signed(static_cast<std::int8_t>(take(1)));
      case 0xd1:
        return push_signed(static_cast<std::int16_t>(take(2)));
      case 0xd2:
        return push_signed(static_cast<std::int32_t>(take(4)));
      case 0xd3:
        return push_signed(static_cast<std::int64_t>(take(8)));
      case 0xd9:
        return push_string(take(1));
      case 0xda:
        return push_string(take(2));
      case 0xdb:
        return push_string(take(4));
      case 0xdc:
        return push_array(take(2), depth);
      case 0xdd:
        return push_array(take(4), depth);
      case 0xde:
        return push_map(take(2), depth);
      case 0xdf:
        return push_map(take(4), depth);
      default:
        return fail("Bad data format in input.");
    }
  }

  void push_string(std::uint64_t size) {
    if (bytes_.size() - at_ < size) fail("Missing bytes in input.");
    push(lua_, bytes_.substr(at_, size));
    at_ += size;
  }

  // Tables grow with what is really there: the count is only what the bytes say.
  void push_array(std::uint64_t count, int depth) {
    lua_newtable(lua_);
    for (std::uint64_t i = 1; i <= count; ++i) {
      lua_pushnumber(lua_, static_cast<lua_Number>(i));
      push_next(depth + 1);
      lua_rawset(lua_, -3);
    }
  }
  void push_map(std::uint64_t pairs, int depth) {
    lua_newtable(lua_);
    for (std::uint64_t i = 0; i < pairs; ++i) {
      push_next(depth + 1);
      push_next(depth + 1);
      // A key that Lua has no place for.
      if (lua_isnil(lua_, -2) || lua_rawequal(lua_, -2, -2) == 0) fail("Bad data format in input.");
      lua_rawset(lua_, -3);
    }
  }

  lua_State* lua_;
  std::string_view bytes_;
  std::size_t at_ = 0;
};

// Without limit and offset: everything, and no position is returned.
int unpack(lua_State* lua, lua_Number limit, lua_Number offset) {
  luaL_checkstring(lua, 1);
  const std::string_view bytes = text_at(lua, 1);
  if (offset < 0 || limit < 0)
    return luaL_error(lua,
                      "Invalid request to unpack with offset of %d and limit of %d.",
                      static_cast<int>(offset),
                      static_cast<int>(bytes.size()));
  if (offset > static_cast<lua_Number>(bytes.size()))
    return luaL_error(lua,
                      "Start offset %d greater than input length %d.",
                      static_cast<int>(offset),
                      static_cast<int>(bytes.size()));
  const bool takes_all = limit == 0 && offset == 0;
  Reader reader(lua, bytes);
  reader.start_at(static_cast<std::size_t>(offset));
  const int before = lua_gettop(lua);
  if (!takes_all) lua_pushnil(lua);  // the place of the position
  int count = 0;
  while (!reader.at_end() && (takes_all || count < limit)) {
    reader.push_next(0);
    ++count;
  }
  if (takes_all) return count;
  lua_pushnumber(lua, reader.at_end() ? -1 : static_cast<lua_Number>(reader.position()));
  lua_replace(lua, before + 1);
  return count + 1;
}

}  // namespace

int message_unpack(lua_State* lua) {
  return unpack(lua, 0, 0);
}

int message_unpack_one(lua_State* lua) {
  return unpack(lua, 1, luaL_optnumber(lua, 2, 0));
}

int message_unpack_limit(lua_State* lua) {
  const lua_Number limit = luaL_checknumber(lua, 2);
  return unpack(lua, limit, luaL_optnumber(lua, 3, 0));
}

}  // namespace duplex::script
