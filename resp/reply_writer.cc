// Replies as bytes: what a command says, written as RESP2 or RESP3.
#include "resp/reply_writer.h"

#include "base/assert.h"

#include <algorithm>
#include <string>

namespace duplex::resp {

void ReplyWriter::error(std::string_view text) {
  if (text.find_first_of("\r\n") == std::string_view::npos) return line('-', text);
  std::string cleaned(text);
  std::replace_if(
      cleaned.begin(), cleaned.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  line('-', cleaned);
}

void ReplyWriter::bulk(std::string_view bytes) {
  char* at = out_->prepare(bytes.size() + base::int64_digits_max + 5);
  char* const start = at;
  *at++ = '$';
  at += base::write_int64(static_cast<std::int64_t>(bytes.size()), at);
  *at++ = '\r';
  *at++ = '\n';
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  at += bytes.size();
  *at++ = '\r';
  *at++ = '\n';
  out_->commit(static_cast<std::size_t>(at - start));
}

void ReplyWriter::bulk_integer(std::int64_t value) {
  char digits[base::int64_digits_max];
  bulk({digits, base::write_int64(value, digits)});
}

void ReplyWriter::null() {
  out_->append(protocol_ == Protocol::resp3 ? "_\r\n" : "$-1\r\n");
}

void ReplyWriter::null_array() {
  out_->append(protocol_ == Protocol::resp3 ? "_\r\n" : "*-1\r\n");
}

void ReplyWriter::real(double value) {
  const std::string text = base::format_double(value);
  if (protocol_ == Protocol::resp3) return line(',', text);
  bulk(text);
}

void ReplyWriter::long_real(long double value) {
  const std::string text = base::format_long_double(value);
  if (protocol_ == Protocol::resp3) return line(',', text);
  bulk(text);
}

void ReplyWriter::boolean(bool value) {
  if (protocol_ == Protocol::resp3)
    out_->append(value ? "#t\r\n" : "#f\r\n");
  else
    integer(value ? 1 : 0);
}

void ReplyWriter::verbatim(std::string_view format, std::string_view text) {
  if (protocol_ == Protocol::resp2) return bulk(text);
  DUPLEX_ASSERT(format.size() == 3);
  number('=', static_cast<std::int64_t>(text.size() + 4));
  out_->append(format);
  out_->append(':');
  out_->append(text);
  out_->append("\r\n");
}

void ReplyWriter::big_number(std::string_view digits) {
  if (protocol_ == Protocol::resp3) return line('(', digits);
  bulk(digits);
}

void ReplyWriter::map(std::size_t pairs) {
  if (protocol_ == Protocol::resp3) return number('%', static_cast<std::int64_t>(pairs));
  array(pairs * 2);
}

void ReplyWriter::set(std::size_t count) {
  number(protocol_ == Protocol::resp3 ? '~' : '*', static_cast<std::int64_t>(count));
}

void ReplyWriter::push(std::size_t count) {
  number(protocol_ == Protocol::resp3 ? '>' : '*', static_cast<std::int64_t>(count));
}

void ReplyWriter::end_deferred_array(std::size_t place, std::size_t count) {
  insert_header(place, '*', count);
}

void ReplyWriter::end_deferred_map(std::size_t place, std::size_t pairs) {
  if (protocol_ == Protocol::resp3) return insert_header(place, '%', pairs);
  insert_header(place, '*', pairs * 2);
}

void ReplyWriter::end_deferred_set(std::size_t place, std::size_t count) {
  insert_header(place, protocol_ == Protocol::resp3 ? '~' : '*', count);
}

void ReplyWriter::insert_header(std::size_t place, char type, std::size_t count) {
  char header[base::int64_digits_max + 3];
  header[0] = type;
  const std::size_t digits = base::write_int64(static_cast<std::int64_t>(count), header + 1);
  header[1 + digits] = '\r';
  header[2 + digits] = '\n';
  const std::size_t bytes = digits + 3;
  const std::size_t behind = out_->size() - place;
  out_->prepare(bytes);
  out_->commit(bytes);
  char* at = out_->data() + place;
  std::memmove(at + bytes, at, behind);
  std::memcpy(at, header, bytes);
}

}  // namespace duplex::resp
