// Encoding units as RESP arrays.
#include "aof/log_unit.h"

#include "base/assert.h"

#include <charconv>

namespace duplex::aof {

namespace {

constexpr std::string_view multi_record = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view exec_record = "*1\r\n$4\r\nEXEC\r\n";

// A unit larger than this gives its memory back when it is cleared.
constexpr std::size_t kept_bytes_max = std::size_t{64} << 10;

// The longest "$<length>\r\n" or "*<count>\r\n".
constexpr std::size_t header_bytes_max = 1 + 20 + 2;

char* write_header(char* out, char kind, std::size_t number) {
  *out++ = kind;
  if (number < 10)
    *out++ = static_cast<char>('0' + number);
  else
    out = std::to_chars(out, out + 20, number).ptr;
  *out++ = '\r';
  *out++ = '\n';
  return out;
}

}  // namespace

void append_record(base::Buffer& out, std::span<const std::string_view> args) {
  std::size_t room = header_bytes_max;
  for (const std::string_view arg : args)
    room += header_bytes_max + arg.size() + 2;
  char* const begin = out.prepare(room);
  char* end = write_header(begin, '*', args.size());
  for (const std::string_view arg : args) {
    end = write_header(end, '$', arg.size());
    if (!arg.empty()) std::memcpy(end, arg.data(), arg.size());
    end += arg.size();
    *end++ = '\r';
    *end++ = '\n';
  }
  out.commit(static_cast<std::size_t>(end - begin));
}

void append_select(base::Buffer& out, int db) {
  char digits[11];
  const char* end = std::to_chars(digits, digits + sizeof digits, db).ptr;
  const std::string_view args[] = {"SELECT", {digits, static_cast<std::size_t>(end - digits)}};
  append_record(out, args);
}

void LogUnit::add(int db, std::span<const std::string_view> args) {
  DUPLEX_DCHECK(!args.empty());
  DUPLEX_DCHECK(!closed_);
  if (effects_ == 0)
    first_db_ = db;
  else if (db != last_db_)
    append_select(buffer_, db);
  last_db_ = db;
  append_record(buffer_, args);
  ++effects_;
}

std::string_view LogUnit::bytes() {
  DUPLEX_DCHECK(effects_ > 0);
  if (effects_ == 1) return buffer_.view().substr(multi_record.size());
  if (!closed_) buffer_.append(exec_record);
  closed_ = true;
  return buffer_.view();
}

void LogUnit::clear() {
  if (buffer_.capacity() > kept_bytes_max) buffer_.release();
  buffer_.clear();
  buffer_.append(multi_record);
  effects_ = 0;
  first_db_ = last_db_ = -1;
  closed_ = false;
}

}  // namespace duplex::aof
