// The library `cmsgpack`: Lua values as MessagePack.
#include "script/message_pack.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

namespace duplex::script {

namespace {

// Bytes that grow in a block of Lua's, so that they are counted and go when an error is raised.
class Bytes {
 public:
  // Puts the block at the top of the stack, where its place stays.
  explicit Bytes(lua_State* lua) : lua_(lua) {
    constexpr std::size_t first_bytes = 256;
    at_ = static_cast<char*>(lua_newuserdata(lua, first_bytes));
    capacity_ = first_bytes;
    index_ = lua_gettop(lua);
  }
  void add(const char* bytes, std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
    std::memcpy(at_ + size_, bytes, count);
    size_ += count;
  }
  void add(unsigned byte) {
    const char c = static_cast<char>(byte);
    add(&c, 1);
  }
  std::string_view view() const { return {at_, size_}; }

 private:
  void grow(std::size_t count) {
    const std::size_t wanted = (size_ + count) * 2;
    auto* const moved = static_cast<char*>(lua_newuserdata(lua_, wanted));
    std::memcpy(moved, at_, size_);
    lua_replace(lua_, index_);
    at_ = moved;
    capacity_ = wanted;
  }

  lua_State* lua_;
  int index_ = 0;
  char* at_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

void add_big_endian(Bytes& out, std::uint64_t bits, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out.add(static_cast<unsigned>(bits >> (8 * i)) & 0xffu);
}

void add_code(Bytes& out, unsigned code, std::uint64_t bits, int bytes) {
  out.add(code);
  add_big_endian(out, bits, bytes);
}

void add_integer(Bytes& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  if (value >= 0) {
    if (value <= 127) return add_big_endian(out, bits, 1);
    if (value <= 0xff) return add_code(out, 0xcc, bits, 1);
    if (value <= 0xffff) return add_code(out, 0xcd, bits, 2);
    if (value <= 0xffffffff) return add_code(out, 0xce, bits, 4);
    return add_code(out, 0xcf, bits, 8);
  }
  if (value >= -32) return add_big_endian(out, bits, 1);
  if (value >= -128) return add_code(out, 0xd0, bits, 1);
  if (value >= -32768) return add_code(out, 0xd1, bits, 2);
  if (value >= -2147483648LL) return add_code(out, 0xd2, bits, 4);
  add_code(out, 0xd3, bits, 8);
}

void add_number(Bytes& out, lua_Number number) {
  constexpr lua_Number limit = 9223372036854775808.0;
  if (number >= -limit && number < limit && std::floor(number) == number)
    return add_integer(out, static_cast<std::int64_t>(number));
  const auto narrow = static_cast<float>(number);
  if (static_cast<lua_Number>(narrow) == number)
    return add_code(out, 0xca, std::bit_cast<std::uint32_t>(narrow), 4);
  add_code(out, 0xcb, std::bit_cast<std::uint64_t>(number), 8);
}

// Codes for up to 15 or 31 elements, 16 bits and 32 bits of them.
void add_size(Bytes& out,
              std::size_t size,
              unsigned small,
              std::size_t small_max,
              unsigned middle,
              unsigned large) {
  if (size <= small_max) return add_big_endian(out, small | size, 1);
  if (size <= 0xffff) return add_code(out, middle, size, 2);
  add_code(out, large, size, 4);
}

class Packer {
 public:
  Packer(lua_State* lua, Bytes& out) : lua_(lua), out_(out) {}

  // Writes the value at the top and pops it.
  void pack_top(int depth) {
    const int type = lua_type(lua_, -1);
    if (type == LUA_TSTRING) {
      add_string(text_at(lua_, -1));
    } else if (type == LUA_TNUMBER) {
      add_number(out_, lua_tonumber(lua_, -1));
    } else if (type == LUA_TBOOLEAN) {
      out_.add(lua_toboolean(lua_, -1) != 0 ? 0xc3 : 0xc2);
    } else if (type == LUA_TTABLE && depth < message_pack_depth_max) {
      add_table(depth + 1);
    } else {
      out_.add(0xc0);
    }
    lua_pop(lua_, 1);
  }

 private:
  void add_string(std::string_view text) {
    if (text.size() > 31 && text.size() <= 0xff)
      add_code(out_, 0xd9, text.size(), 1);
    else
      add_size(out_, text.size(), 0xa0, 31, 0xda, 0xdb);
    out_.add(text.data(), text.size());
  }

  // The number of elements if the keys are 1 to that number, or -1.
  std::int64_t array_size() {
    std::int64_t count = 0;
    std::int64_t highest = 0;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      lua_pop(lua_, 1);
      const lua_Number key = lua_type(lua_, -1) == LUA_TNUMBER ? lua_tonumber(lua_, -1) : 0;
      if (!(key >= 1 && key <= 4294967295.0 && std::floor(key) == key)) {
        lua_pop(lua_, 1);
        return -1;
      }
      ++count;
      if (static_cast<std::int64_t>(key) > highest) highest = static_cast<std::int64_t>(key);
    }
    return count == highest ? count : -1;
  }

  void add_table(int depth) {
    luaL_checkstack(lua_, 8, "in function cmsgpack");
    const std::int64_t size = array_size();
    if (size >= 0) {
      add_size(out_, static_cast<std::size_t>(size), 0x90, 15, 0xdc, 0xdd);
      for (int i = 1; i <= size; ++i) {
        lua_rawgeti(lua_, -1, i);
        pack_top(depth);
      }
      return;
    }
    std::size_t pairs = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1))
      ++pairs;
    add_size(out_, pairs, 0x80, 15, 0xde, 0xdf);
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      lua_pushvalue(lua_, -2);
      pack_top(depth);
      pack_top(depth);
    }
  }

  lua_State* lua_;
  Bytes& out_;
};

int message_pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  Bytes out(lua);
  Packer packer(lua, out);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(lua, i);
    packer.pack_top(0);
  }
  push(lua, out.view());
  return 1;
}

}  // namespace

void push_message_pack(lua_State* lua) {
  lua_createtable(lua, 0, 8);
  const auto add = [lua](const char* name, lua_CFunction function) {
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, name);
  };
  add("pack", message_pack);
  add("unpack", message_unpack);
  add("unpack_one", message_unpack_one);
  add("unpack_limit", message_unpack_limit);
  for (const auto& [name, value] : {std::pair{"_NAME", "cmsgpack"},
                                    std::pair{"_VERSION", "lua-cmsgpack 0.4.0"},
                                    std::pair{"_DESCRIPTION", "MessagePack for Lua"},
                                    std::pair{"_COPYRIGHT", "The authors of Duplex"}}) {
    lua_pushstring(lua, value);
    lua_setfield(lua, -2, name);
  }
}

}  // namespace duplex::script
