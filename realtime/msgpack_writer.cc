// JSON with attachments to MessagePack.
#include "realtime/json_text.h"
#include "realtime/msgpack.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <bit>
#include <cmath>
#include <cstdint>

namespace duplex::realtime {

namespace {

namespace json = boost::json;

class Writer {
 public:
  explicit Writer(std::span<const std::string> attachments) : attachments_(attachments) {}

  // False if a placeholder has no attachment.
  bool add(const json::value& value) {
    switch (value.kind()) {
      case json::kind::null:
        add_byte(0xc0);
        return true;
      case json::kind::bool_:
        add_byte(value.get_bool() ? 0xc3 : 0xc2);
        return true;
      case json::kind::int64:
        add_integer(value.get_int64());
        return true;
      case json::kind::uint64:
        add_unsigned(value.get_uint64());
        return true;
      case json::kind::double_:
        add_double(value.get_double());
        return true;
      case json::kind::string:
        add_string(value.get_string());
        return true;
      case json::kind::array:
        add_size(value.get_array().size(), 0x90, 15, 0xdc, 0xdd);
        for (const json::value& element : value.get_array())
          if (!add(element)) return false;
        return true;
      case json::kind::object:
        return add_object(value.get_object());
    }
    return false;
  }
  std::string take() { return std::move(out_); }

 private:
  void add_byte(unsigned byte) { out_ += static_cast<char>(byte); }
  void add_code(unsigned code, std::uint64_t bits, int bytes) {
    add_byte(code);
    for (int i = bytes - 1; i >= 0; --i)
      add_byte(static_cast<unsigned>(bits >> (8 * i)) & 0xffu);
  }

  void add_unsigned(std::uint64_t value) {
    if (value <= 0x7f) return add_byte(static_cast<unsigned>(value));
    if (value <= 0xff) return add_code(0xcc, value, 1);
    if (value <= 0xffff) return add_code(0xcd, value, 2);
    if (value <= 0xffff'ffff) return add_code(0xce, value, 4);
    add_code(0xcf, value, 8);
  }
  void add_integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0) return add_unsigned(bits);
    if (value >= -32) return add_byte(static_cast<unsigned>(bits & 0xff));
    if (value >= -128) return add_code(0xd0, bits, 1);
    if (value >= -32'768) return add_code(0xd1, bits, 2);
    if (value >= -2'147'483'648LL) return add_code(0xd2, bits, 4);
    add_code(0xd3, bits, 8);
  }
  // Whole numbers go as integers, as JavaScript knows no difference.
  void add_double(double value) {
    constexpr double limit = 9223372036854775808.0;
    if (value >= -limit && value < limit && std::floor(value) == value)
      return add_integer(static_cast<std::int64_t>(value));
    add_code(0xcb, std::bit_cast<std::uint64_t>(value), 8);
  }

  void add_size(
      std::size_t size, unsigned small, std::size_t small_max, unsigned middle, unsigned large) {
    if (size <= small_max) return add_byte(small | static_cast<unsigned>(size));
    if (size <= 0xffff) return add_code(middle, size, 2);
    add_code(large, size, 4);
  }
  void add_string(std::string_view text) {
    if (text.size() > 31 && text.size() <= 0xff)
      add_code(0xd9, text.size(), 1);
    else
      add_size(text.size(), 0xa0, 31, 0xda, 0xdb);
    out_ += text;
  }
  void add_binary(std::string_view bytes) {
    if (bytes.size() <= 0xff)
      add_code(0xc4, bytes.size(), 1);
    else if (bytes.size() <= 0xffff)
      add_code(0xc5, bytes.size(), 2);
    else
      add_code(0xc6, bytes.size(), 4);
    out_ += bytes;
  }

  bool add_object(const json::object& object) {
    const json::value* mark = object.if_contains("_placeholder");
    if (mark != nullptr && mark->is_bool() && mark->get_bool()) {
      const json::value* number = object.if_contains("num");
      if (number == nullptr || !number->is_int64()) return false;
      const auto index = static_cast<std::uint64_t>(number->get_int64());
      if (index >= attachments_.size()) return false;
      add_binary(attachments_[index]);
      return true;
    }
    add_size(object.size(), 0x80, 15, 0xde, 0xdf);
    for (const auto& [key, value] : object) {
      add_string(key);
      if (!add(value)) return false;
    }
    return true;
  }

  std::span<const std::string> attachments_;
  std::string out_;
};

}  // namespace

std::optional<std::string> msgpack_from_json(std::string_view json,
                                             std::span<const std::string> attachments) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  boost::system::error_code error;
  const json::value value = json::parse(json, error, {}, options);
  Writer writer(attachments);
  if (error || !writer.add(value)) return std::nullopt;
  return writer.take();
}

}  // namespace duplex::realtime
