// Writing and reading the annotation lines.
#include "aof/annotation.h"

#include "base/assert.h"
#include "base/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace duplex::aof {

namespace {

constexpr std::string_view batch_name = "#DX ";
constexpr std::string_view start_name = "#DX-START ";

// Takes " key=" and the text up to the next space off the front of `line`.
std::optional<std::string_view> take_field(std::string_view& line, std::string_view key) {
  if (!line.starts_with(key)) return std::nullopt;
  line.remove_prefix(key.size());
  const std::string_view value = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), value.size() + 1));
  return value;
}

template <typename Integer>
std::optional<Integer> take_number(std::string_view& line, std::string_view key, int base) {
  const auto text = take_field(line, key);
  if (!text) return std::nullopt;
  Integer value{};
  const char* end = text->data() + text->size();
  const auto [parsed, error] = std::from_chars(text->data(), end, value, base);
  if (error != std::errc() || parsed != end) return std::nullopt;
  return value;
}

std::optional<BatchEnd> parse_batch(std::string_view line) {
  line.remove_prefix(batch_name.size());
  const auto end = take_number<Lsn>(line, "off=", 10);
  const auto bytes = take_number<std::uint64_t>(line, "len=", 10);
  const auto checksum = take_number<std::uint64_t>(line, "sum=", 16);
  if (!end || !bytes || !checksum) return std::nullopt;
  return BatchEnd{.end = *end, .bytes = *bytes, .checksum = *checksum};
}

std::optional<StreamStart> parse_start(std::string_view line) {
  line.remove_prefix(start_name.size());
  const auto id = take_field(line, "id=");
  const auto epoch = take_number<std::uint32_t>(line, "epoch=", 10);
  const auto offset = take_number<Lsn>(line, "off=", 10);
  if (!id || id->size() != store_id_bytes || !epoch || !offset) return std::nullopt;
  return StreamStart{{.store_id = std::string(*id), .epoch = *epoch, .offset = *offset}};
}

// A line is ours only if it is exactly what we would write: that also checks a start's checksum,
// and leaves no second way to say the same.
template <typename Line>
Annotation checked(std::string_view text, const std::optional<Line>& parsed) {
  if (!parsed) return BadAnnotation{};
  const std::string written = format_annotation(*parsed);
  if (std::string_view(written).substr(0, written.size() - 2) != text) return BadAnnotation{};
  return *parsed;
}

}  // namespace

Annotation parse_annotation(std::string_view line) {
  if (!line.starts_with(annotation_mark)) return Comment{};
  if (line.starts_with(batch_name)) return checked(line, parse_batch(line));
  if (line.starts_with(start_name)) return checked(line, parse_start(line));
  return BadAnnotation{};
}

std::string format_annotation(const BatchEnd& batch) {
  return fmt::format(
      "{}off={} len={} sum={:016x}\r\n", batch_name, batch.end, batch.bytes, batch.checksum);
}

std::string format_annotation(const StreamStart& start) {
  const StreamPosition& position = start.position;
  DUPLEX_ASSERT(position.store_id.size() == store_id_bytes);
  std::string line = fmt::format(
      "{}id={} epoch={} off={}", start_name, position.store_id, position.epoch, position.offset);
  // Nothing else vouches for this line.
  line += fmt::format(" sum={:016x}\r\n", base::checksum_bytes(line));
  DUPLEX_ASSERT(line.size() <= annotation_bytes_max);
  return line;
}

}  // namespace duplex::aof
