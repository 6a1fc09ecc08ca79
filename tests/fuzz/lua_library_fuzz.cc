// Fuzz target: what scripts give to the libraries that read bytes. The first letter says which one:
// m(essagepack), s(truct), j(son), p(attern).
#include "base/assert.h"
#include "script/interpreter.h"
#include "script/libraries.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace {

using namespace duplex;

// In a library, because that needs no server. It fails on purpose: nothing is to be registered.
constexpr std::string_view message_pack =
    "local ok, value = pcall(cmsgpack.unpack, data) "
    "if ok then "
    "  local packed, again = pcall(cmsgpack.pack, value) "
    "  if packed then "
    "    local back = cmsgpack.unpack(again) "
    "    if type(back) ~= type(value) and value == value then error('not the same') end "
    "  end "
    "end "
    "pcall(cmsgpack.unpack_one, data, 1) pcall(cmsgpack.unpack_limit, data, 2, 0)";
// The format is the first line.
constexpr std::string_view structs =
    "local format, bytes = data:match('^([^\\n]*)\\n(.*)$') "
    "format = format or data bytes = bytes or data "
    "pcall(struct.size, format) "
    "local values = {pcall(struct.unpack, format, bytes)} "
    "if values[1] then pcall(struct.pack, format, unpack(values, 2, #values - 1)) end "
    "pcall(struct.pack, format, 1, 'text', 2.5, -1, '') "
    "pcall(struct.unpack, format, bytes, 3)";
constexpr std::string_view json =
    "local ok, value = pcall(cjson.decode, data) "
    "if ok then "
    "  local written, text = pcall(cjson.encode, value) "
    "  if written then cjson.decode(text) end "
    "end "
    "local deep = cjson.new() deep.decode_max_depth(100000) deep.encode_max_depth(100000) "
    "ok, value = pcall(deep.decode, data) "
    "if ok then pcall(deep.encode, value) end "
    "local sparse = cjson.new() sparse.encode_sparse_array(true, 0, 0) "
    "if ok then pcall(sparse.encode, value) end";
// The pattern is the first line.
constexpr std::string_view patterns =
    "local pattern, text = data:match('^([^\\n]*)\\n(.*)$') "
    "pattern = pattern or data text = text or data "
    "pcall(string.find, text, pattern) pcall(string.match, text, pattern, 3) "
    "pcall(string.gsub, text, pattern, '<%0%1>') pcall(string.gsub, text, pattern, {a = 'b'}) "
    "pcall(function() for a in string.gmatch(text, pattern) do if not a then break end end end)";

std::string_view code_of(char kind) {
  switch (kind) {
    case 'm':
      return message_pack;
    case 's':
      return structs;
    case 'j':
      return json;
    case 'p':
      return patterns;
    default:
      return {};
  }
}

std::string quoted(std::string_view data) {
  std::string text = "\"";
  for (const char c : data)
    text += fmt::format("\\{:03}", static_cast<unsigned char>(c));
  return text + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view code = code_of(input.empty() ? '\0' : input.front());
  if (code.empty() || size > 4096) return 0;
  static script::Interpreter interpreter(script::StateKind::function);
  script::Library library("fuzz", "");
  const auto error = interpreter.load(
      library, fmt::format("local data = {} {}", quoted(input.substr(1)), code));
  // Whatever goes wrong is caught in there, unless it takes too long.
  DUPLEX_ASSERT(error && (*error == "ERR No functions registered" ||
                          error->find("timeout") != std::string::npos));
  return 0;
}
