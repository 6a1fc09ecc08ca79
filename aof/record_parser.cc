// The strict parser of log records.
#include "aof/record_parser.h"

#include <optional>

namespace duplex::aof {

namespace {

// No length in a file has more digits than this: enough for any that fits the file.
constexpr std::size_t digits_max = 18;

// Where the parser stands in the record.
struct Cursor {
  std::string_view bytes;
  std::size_t at = 0;

  std::size_t left() const { return bytes.size() - at; }
};

enum class Step : std::uint8_t { done, incomplete, malformed };

// Reads "<kind><number>\r\n".
Step read_header(Cursor& cursor, char kind, std::size_t& number) {
  if (cursor.left() == 0) return Step::incomplete;
  if (cursor.bytes[cursor.at] != kind) return Step::malformed;
  std::size_t at = cursor.at + 1;
  const std::size_t first = at;
  number = 0;
  for (; at < cursor.bytes.size(); ++at) {
    const char c = cursor.bytes[at];
    if (c < '0' || c > '9') break;
    if (at - first == digits_max) return Step::malformed;
    if (at > first && cursor.bytes[first] == '0') return Step::malformed;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  if (at == cursor.bytes.size()) return Step::incomplete;
  if (at == first || cursor.bytes[at] != '\r') return Step::malformed;
  if (at + 1 == cursor.bytes.size()) return Step::incomplete;
  if (cursor.bytes[at + 1] != '\n') return Step::malformed;
  cursor.at = at + 2;
  return Step::done;
}

// Reads "$<length>\r\n<bytes>\r\n".
Step read_bulk(Cursor& cursor, std::string_view& value) {
  std::size_t length = 0;
  if (const Step step = read_header(cursor, '$', length); step != Step::done) return step;
  if (cursor.left() < length) return Step::incomplete;
  value = cursor.bytes.substr(cursor.at, length);
  const std::string_view line_end = cursor.bytes.substr(cursor.at + length, 2);
  if (line_end != std::string_view("\r\n").substr(0, line_end.size())) return Step::malformed;
  if (line_end.size() < 2) return Step::incomplete;
  cursor.at += length + 2;
  return Step::done;
}

ParsedRecord stopped(Step step) {
  return {step == Step::incomplete ? ParseStatus::incomplete : ParseStatus::malformed, 0};
}

template <typename TakeArgument>
ParsedRecord parse(std::string_view bytes, TakeArgument take) {
  Cursor cursor{.bytes = bytes};
  std::size_t count = 0;
  if (const Step step = read_header(cursor, '*', count); step != Step::done) return stopped(step);
  if (count == 0) return stopped(Step::malformed);
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view value;
    if (const Step step = read_bulk(cursor, value); step != Step::done) return stopped(step);
    take(i, value);
  }
  return {ParseStatus::complete, cursor.at};
}

}  // namespace

ParsedRecord parse_record(std::string_view bytes, std::vector<std::string_view>& args) {
  args.clear();
  return parse(bytes, [&args](std::size_t, std::string_view value) { args.push_back(value); });
}

RecordExtent skip_record(std::string_view bytes) {
  RecordExtent extent;
  const ParsedRecord parsed = parse(bytes, [&extent](std::size_t i, std::string_view value) {
    if (i == 0) extent.name = value;
    extent.arguments = i + 1;
  });
  extent.status = parsed.status;
  extent.bytes = parsed.bytes;
  return extent;
}

}  // namespace duplex::aof
