// Fuzz target: annotation lines and records. What is accepted has one form only.
#include "aof/annotation.h"
#include "aof/record_parser.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace duplex;

namespace {

void check_annotation(std::string_view line) {
  const aof::Annotation annotation = aof::parse_annotation(line);
  std::string again;
  if (const auto* end = std::get_if<aof::BatchEnd>(&annotation))
    again = aof::format_annotation(*end);
  else if (const auto* start = std::get_if<aof::StreamStart>(&annotation))
    again = aof::format_annotation(*start);
  else
    return;
  DUPLEX_ASSERT(again.size() <= aof::annotation_bytes_max);
  DUPLEX_ASSERT(std::string_view(again).starts_with(line));
}

std::string text_of(const std::vector<std::string_view>& args) {
  std::string text = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string_view arg : args)
    text += "$" + std::to_string(arg.size()) + "\r\n" + std::string(arg) + "\r\n";
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_annotation("#" + std::string(bytes));

  std::vector<std::string_view> args;
  const aof::ParsedRecord record = aof::parse_record(bytes, args);
  const aof::RecordExtent extent = aof::skip_record(bytes);
  DUPLEX_ASSERT(record.status == extent.status);
  if (record.status != aof::ParseStatus::complete) return 0;
  DUPLEX_ASSERT(record.bytes == extent.bytes && record.bytes <= bytes.size());
  DUPLEX_ASSERT(!args.empty() && args.size() == extent.arguments && args.front() == extent.name);
  DUPLEX_ASSERT(text_of(args) == bytes.substr(0, record.bytes));
  return 0;
}
