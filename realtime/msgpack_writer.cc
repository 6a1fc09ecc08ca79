// JSON with attachments to MessagePack, in one pass over the text.
#include "base/assert.h"
#include "base/numbers.h"
#include "realtime/msgpack.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/system/error_code.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace duplex::realtime {

namespace {

namespace json = boost::json;

// For what is put around JSON that was checked.
constexpr std::size_t depth_more = 8;

// Takes the parser's events. How many elements there are is known at the end of an array, so one
// byte is kept for its header and more are put in if that is not enough. Boost's own doubles are
// not exact to the last bit; the texts are read again.
class Writer {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();
  using Error = boost::system::error_code;
  using Text = json::string_view;

  explicit Writer(std::span<const std::string> attachments) : attachments_(attachments) {}

  std::string take() { return std::move(out_); }

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return begin(); }
  bool on_object_end(std::size_t members, Error&) {
    const std::size_t at = end(members, 0x80, 0xde, 0xdf);
    const std::string* bytes = members == 2 ? attachment_at(at) : nullptr;
    if (bytes == nullptr) return true;
    out_.resize(at);
    add_binary(*bytes);
    return true;
  }
  bool on_array_begin(Error&) { return begin(); }
  bool on_array_end(std::size_t elements, Error&) {
    end(elements, 0x90, 0xdc, 0xdd);
    return true;
  }
  bool on_key_part(Text part, std::size_t, Error&) { return on_part(part); }
  bool on_key(Text part, std::size_t, Error&) { return add_string(part); }
  bool on_string_part(Text part, std::size_t, Error&) { return on_part(part); }
  bool on_string(Text part, std::size_t, Error&) { return add_string(part); }
  bool on_number_part(Text part, Error&) { return on_part(part); }
  bool on_int64(std::int64_t value, Text, Error&) {
    part_.clear();
    add_integer(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, Text, Error&) {
    part_.clear();
    add_unsigned(value);
    return true;
  }
  bool on_double(double rough, Text part, Error&) {
    part_ += part;
    add_double(base::parse_double(part_).value_or(rough));
    part_.clear();
    return true;
  }
  bool on_bool(bool value, Error&) {
    add_byte(value ? 0xc3 : 0xc2);
    return true;
  }
  bool on_null(Error&) {
    add_byte(0xc0);
    return true;
  }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }

 private:
  bool on_part(std::string_view part) {
    part_ += part;
    return true;
  }
  bool begin() {
    begins_.push_back(out_.size());
    add_byte(0);
    return true;
  }
  // Writes the header of what began last; returns where that stands.
  std::size_t end(std::size_t size, unsigned small, unsigned middle, unsigned large) {
    const std::size_t at = begins_.back();
    begins_.pop_back();
    std::string header;
    std::swap(header, out_);
    add_size(size, small, 15, middle, large);
    std::swap(header, out_);
    out_.replace(at, 1, header);
    return at;
  }

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
  bool add_string(std::string_view last_part) {
    const std::size_t size = part_.size() + last_part.size();
    if (size > 31 && size <= 0xff)
      add_code(0xd9, size, 1);
    else
      add_size(size, 0xa0, 31, 0xda, 0xdb);
    out_ += part_;
    out_ += last_part;
    part_.clear();
    return true;
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

  // What the object of two members that was written last stands for; nullptr: itself.
  const std::string* attachment_at(std::size_t at) const {
    constexpr std::string_view begins = "\x82\xac_placeholder\xc3\xa3num";
    const std::string_view object = std::string_view(out_).substr(at);
    if (!object.starts_with(begins)) return nullptr;
    const auto number = json_from_msgpack(object.substr(begins.size()));
    const auto index = number ? base::parse_uint64(number->json) : std::nullopt;
    return index && *index < attachments_.size() ? &attachments_[*index] : nullptr;
  }

  std::span<const std::string> attachments_;
  std::string out_;
  std::vector<std::size_t> begins_;  // of the open arrays and objects
  std::string part_;                 // of a text or number that comes in pieces
};

}  // namespace

std::string msgpack_from_json(std::string_view text, std::span<const std::string> attachments) {
  json::parse_options options;
  options.max_depth = json_depth_max + depth_more;
  json::basic_parser<Writer> parser(options, attachments);
  boost::system::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  DUPLEX_ASSERT(!error && parser.done());
  return parser.handler().take();
}

}  // namespace duplex::realtime
