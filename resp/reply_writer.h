// Replies as bytes: what a command says, written as RESP2 or RESP3.
#pragma once

#include "base/buffer.h"
#include "base/numbers.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace duplex::resp {

enum class Protocol : std::uint8_t { resp2 = 2, resp3 = 3 };

// Appends reply elements to a buffer. An aggregate is its header followed by its elements; the
// caller keeps the count. What RESP2 lacks becomes what Redis sends instead: a map is an array of
// twice its size, a double a bulk string, a boolean an integer, a verbatim text a bulk string.
// Thread: confined to its owner.
class ReplyWriter {
 public:
  ReplyWriter(base::Buffer& out, Protocol protocol) : out_(&out), protocol_(protocol) {}

  Protocol protocol() const { return protocol_; }
  void set_protocol(Protocol protocol) { protocol_ = protocol; }
  base::Buffer& buffer() { return *out_; }

  void ok() { out_->append("+OK\r\n"); }
  // Requires: no CR or LF in `text`.
  void status(std::string_view text) { line('+', text); }
  // `text` with its code, as "ERR syntax error", without the leading '-'. Line ends become blanks.
  void error(std::string_view text);
  void integer(std::int64_t value) { number(':', value); }
  void bulk(std::string_view bytes);
  // A number as a bulk string.
  void bulk_integer(std::int64_t value);
  void null();
  void null_array();
  void real(double value);
  // With up to 17 decimals and no exponent, as coordinates are written.
  void long_real(long double value);
  void boolean(bool value);
  // `format` has three letters: "txt" or "mkd".
  void verbatim(std::string_view format, std::string_view text);
  void big_number(std::string_view digits);

  void array(std::size_t count) { number('*', static_cast<std::int64_t>(count)); }
  void map(std::size_t pairs);
  void set(std::size_t count);
  void push(std::size_t count);

  // For aggregates whose size is known only at the end: begin_array() notes the place, end_array()
  // writes the header there. Elements written between them are moved once.
  std::size_t begin_deferred() const { return out_->size(); }
  void end_deferred_array(std::size_t place, std::size_t count);
  void end_deferred_map(std::size_t place, std::size_t pairs);
  void end_deferred_set(std::size_t place, std::size_t count);

 private:
  void line(char type, std::string_view text) {
    char* at = out_->prepare(text.size() + 3);
    at[0] = type;
    std::memcpy(at + 1, text.data(), text.size());
    at[1 + text.size()] = '\r';
    at[2 + text.size()] = '\n';
    out_->commit(text.size() + 3);
  }
  void number(char type, std::int64_t value) {
    char* at = out_->prepare(base::int64_digits_max + 3);
    at[0] = type;
    const std::size_t digits = base::write_int64(value, at + 1);
    at[1 + digits] = '\r';
    at[2 + digits] = '\n';
    out_->commit(digits + 3);
  }
  void insert_header(std::size_t place, char type, std::size_t count);

  base::Buffer* out_;
  Protocol protocol_;
};

}  // namespace duplex::resp
