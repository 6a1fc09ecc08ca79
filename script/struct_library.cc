// The library `struct`: values in the bytes of C's types.
//
//   format = { option }
//   option = ">" | "<" | "!" [n]              byte order and alignment of what follows
//          | "x" | "b" | "B" | "h" | "H" | "l" | "L" | "T" | "i" [n] | "I" [n]
//          | "c" [n] | "s" | "f" | "d" | " "
#include "script/struct_library.h"

#include <bit>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

namespace duplex::script {

namespace {

constexpr std::size_t integer_bytes_max = 32;
constexpr std::size_t native_alignment = 8;
constexpr std::size_t pack_bytes_max = std::size_t{512} * 1024 * 1024;

// The options of a format, one after the other.
class Format {
 public:
  Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

  bool at_end() const { return *at_ == '\0'; }
  bool is_little() const { return little_; }
  char take() { return *at_++; }

  std::size_t size_of(char option) {
    switch (option) {
      case 'B':
      case 'b':
      case 'x':
        return 1;
      case 'H':
      case 'h':
        return sizeof(short);
      case 'L':
      case 'l':
        return sizeof(long);
      case 'T':
        return sizeof(std::size_t);
      case 'f':
        return sizeof(float);
      case 'd':
        return sizeof(double);
      case 'c':
        return number(1);
      case 'i':
      case 'I': {
        const std::size_t size = number(sizeof(int));
        if (size > integer_bytes_max)
          luaL_error(lua_,
                     "integral size %d is larger than limit of %d",
                     static_cast<int>(size),
                     static_cast<int>(integer_bytes_max));
        return size;
      }
      default:
        return 0;
    }
  }

  // Of an option with a size: how many bytes to leave out before it.
  std::size_t padding(char option, std::size_t size, std::size_t position) const {
    if (size == 0 || option == 'c') return 0;
    const std::size_t align = size > align_ ? align_ : size;
    if (align <= 1) return 0;
    return (align - (position & (align - 1))) & (align - 1);
  }

  void control(char option) {
    switch (option) {
      case ' ':
        return;
      case '>':
        little_ = false;
        return;
      case '<':
        little_ = true;
        return;
      case '!': {
        const std::size_t align = number(native_alignment);
        if (align == 0 || (align & (align - 1)) != 0)
          luaL_error(lua_, "alignment %d is not a power of 2", static_cast<int>(align));
        align_ = align;
        return;
      }
      default:
        luaL_argerror(lua_, 1, lua_pushfstring(lua_, "invalid format option '%c'", option));
    }
  }

 private:
  std::size_t number(std::size_t otherwise) {
    if (*at_ < '0' || *at_ > '9') return otherwise;
    std::size_t value = 0;
    constexpr auto limit = static_cast<std::size_t>(std::numeric_limits<int>::max());
    while (*at_ >= '0' && *at_ <= '9') {
      value = value * 10 + static_cast<std::size_t>(*at_++ - '0');
      if (value > limit) luaL_error(lua_, "integral size overflow");
    }
    return value;
  }

  lua_State* lua_;
  const char* at_;
  bool little_ = std::endian::native == std::endian::little;
  std::size_t align_ = 1;
};

bool is_integer_option(char option) {
  return std::strchr("bBhHlLTiI", option) != nullptr;
}
bool is_unsigned_option(char option) {
  return std::strchr("BHLTI", option) != nullptr;
}

std::uint64_t integer_bits(lua_Number number) {
  constexpr lua_Number limit = 9223372036854775808.0;
  if (number < 0)
    return number >= -limit ? static_cast<std::uint64_t>(static_cast<std::int64_t>(number))
                            : std::uint64_t{1} << 63;
  if (!(number < limit * 2)) return 0;
  return static_cast<std::uint64_t>(number);
}

void write_integer(char* to, std::uint64_t bits, std::size_t size, bool little, bool negative) {
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = little ? i : size - 1 - i;
    to[at] = i < 8 ? static_cast<char>(bits >> (8 * i)) : static_cast<char>(negative ? -1 : 0);
  }
}

void swap_if_foreign(char* bytes, std::size_t size, bool little) {
  if (little == (std::endian::native == std::endian::little)) return;
  for (std::size_t i = 0; i < size / 2; ++i)
    std::swap(bytes[i], bytes[size - 1 - i]);
}

void push_float(lua_State* lua, const char* from, std::size_t size, bool little) {
  char bytes[sizeof(double)];
  std::memcpy(bytes, from, size);
  swap_if_foreign(bytes, size, little);
  if (size == sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes, size);
    return lua_pushnumber(lua, value);
  }
  double value = 0;
  std::memcpy(&value, bytes, size);
  lua_pushnumber(lua, value);
}

lua_Number read_integer(const char* from, std::size_t size, bool little, bool is_unsigned) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < size && i < 8; ++i) {
    const std::size_t at = little ? i : size - 1 - i;
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[at])) << (8 * i);
  }
  if (is_unsigned) return static_cast<lua_Number>(bits);
  if (size < 8 && size > 0 && (bits >> (8 * size - 1)) != 0)
    bits |= ~std::uint64_t{0} << (8 * size);
  return static_cast<lua_Number>(static_cast<std::int64_t>(bits));
}

int pack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  luaL_Buffer out;
  int argument = 2;
  std::size_t total = 0;
  lua_pushnil(lua);  // the mark between arguments and the buffer's strings
  luaL_buffinit(lua, &out);
  while (!format.at_end()) {
    const char option = format.take();
    std::size_t size = format.size_of(option);
    std::size_t pad = format.padding(option, size, total);
    if (total + pad + size > pack_bytes_max) return luaL_error(lua, "result is too long");
    total += pad;
    while (pad-- > 0)
      luaL_addchar(&out, '\0');
    char bytes[integer_bytes_max];
    if (is_integer_option(option)) {
      const lua_Number number = luaL_checknumber(lua, argument++);
      write_integer(bytes, integer_bits(number), size, format.is_little(), number < 0);
      luaL_addlstring(&out, bytes, size);
    } else if (option == 'f' || option == 'd') {
      const double number = luaL_checknumber(lua, argument++);
      const auto narrow = static_cast<float>(number);
      std::memcpy(bytes, size == sizeof(float) ? static_cast<const void*>(&narrow) : &number, size);
      swap_if_foreign(bytes, size, format.is_little());
      luaL_addlstring(&out, bytes, size);
    } else if (option == 'x') {
      luaL_addchar(&out, '\0');
    } else if (option == 'c' || option == 's') {
      std::size_t length = 0;
      const char* text = luaL_checklstring(lua, argument++, &length);
      if (size == 0) size = length;
      luaL_argcheck(lua, length >= size, argument, "string too short");
      luaL_addlstring(&out, text, size);
      if (option == 's') {
        luaL_addchar(&out, '\0');
        ++size;
      }
    } else {
      format.control(option);
    }
    total += size;
  }
  luaL_pushresult(&out);
  return 1;
}

// The count that a "c0" takes: the number that was read just before.
std::size_t take_count(lua_State* lua, int& pushed) {
  if (pushed == 0 || lua_isnumber(lua, -1) == 0)
    luaL_error(lua, "format 'c0' needs a previous size");
  const lua_Number count = lua_tonumber(lua, -1);
  lua_pop(lua, 1);
  --pushed;
  return count >= 0 && count < 4294967296.0 ? static_cast<std::size_t>(count)
                                            : std::numeric_limits<std::size_t>::max() / 2;
}

int unpack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  std::size_t length = 0;
  const char* data = luaL_checklstring(lua, 2, &length);
  const lua_Number start = luaL_optnumber(lua, 3, 1);
  luaL_argcheck(lua, start >= 1, 3, "offset must be 1 or greater");
  std::size_t at = start - 1 <= static_cast<lua_Number>(length)
                       ? static_cast<std::size_t>(start) - 1
                       : length + 1;
  int pushed = 0;
  lua_settop(lua, 2);
  const auto check = [&](std::size_t size) {
    luaL_argcheck(lua, at <= length && size <= length - at, 2, "data string too short");
  };
  while (!format.at_end()) {
    const char option = format.take();
    std::size_t size = format.size_of(option);
    at += format.padding(option, size, at);
    check(size);
    luaL_checkstack(lua, 3, "too many results");
    if (is_integer_option(option)) {
      lua_pushnumber(lua,
                     read_integer(data + at, size, format.is_little(), is_unsigned_option(option)));
      ++pushed;
    } else if (option == 'f' || option == 'd') {
      push_float(lua, data + at, size, format.is_little());
      ++pushed;
    } else if (option == 'c') {
      if (size == 0) size = take_count(lua, pushed);
      check(size);
      lua_pushlstring(lua, data + at, size);
      ++pushed;
    } else if (option == 's') {
      const void* end = std::memchr(data + at, '\0', length - at);
      if (end == nullptr) return luaL_error(lua, "unfinished string in data");
      size = static_cast<std::size_t>(static_cast<const char*>(end) - (data + at)) + 1;
      lua_pushlstring(lua, data + at, size - 1);
      ++pushed;
    } else if (option != 'x') {
      format.control(option);
    }
    at += size;
  }
  lua_pushnumber(lua, static_cast<lua_Number>(at + 1));
  return pushed + 1;
}

int size(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  std::size_t total = 0;
  while (!format.at_end()) {
    const char option = format.take();
    const std::size_t bytes = format.size_of(option);
    total += format.padding(option, bytes, total);
    if (option == 's')
      luaL_argerror(lua, 1, "option 's' has no fixed size");
    else if (option == 'c' && bytes == 0)
      luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    else if (std::isalnum(static_cast<unsigned char>(option)) == 0)
      format.control(option);  // letters that are no option have no size
    total += bytes;
    if (total > pack_bytes_max) return luaL_error(lua, "result is too long");
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(total));
  return 1;
}

}  // namespace

void push_struct_library(lua_State* lua) {
  lua_createtable(lua, 0, 3);
  lua_pushcfunction(lua, pack);
  lua_setfield(lua, -2, "pack");
  lua_pushcfunction(lua, unpack);
  lua_setfield(lua, -2, "unpack");
  lua_pushcfunction(lua, size);
  lua_setfield(lua, -2, "size");
}

}  // namespace duplex::script
