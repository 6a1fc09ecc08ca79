// Counting the records of a log file.
#include "check/log_summary.h"

#include "aof/annotation.h"
#include "aof/reader.h"
#include "aof/record_parser.h"
#include "base/numbers.h"
#include "check/text.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <span>
#include <variant>
#include <vector>

namespace duplex::check {

namespace {

struct Contents {
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  std::uint64_t groups = 0;
  std::uint64_t starts = 0;
  std::uint64_t batches = 0;
  std::uint64_t vouched_bytes = 0;
  std::uint64_t comments = 0;
  std::map<std::string, std::uint64_t> commands;
  std::uint64_t times = 0;
  std::int64_t first_s = 0;  // of the lines that tell the time
  std::int64_t last_s = 0;
  std::optional<std::size_t> later;    // the first such line that is later than asked for
  std::vector<std::size_t> distorted;  // comments that look as if they had been ours
};

std::string upper_case(std::string_view name) {
  std::string text = printable(name, 32);
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

void count_record(Contents& contents, const aof::RecordExtent& record) {
  const std::string name = upper_case(record.name);
  ++contents.records;
  contents.record_bytes += record.bytes;
  if (name == "MULTI") ++contents.groups;
  if (name != "MULTI" && name != "EXEC" && name != "SELECT") ++contents.commands[name];
}

// Returns whether the line tells a time.
bool count_time(Contents& contents,
                std::string_view line,
                std::size_t offset,
                std::optional<std::int64_t> until_s) {
  if (!line.starts_with(aof::time_mark)) return false;
  const auto time_s = base::parse_int64(line.substr(aof::time_mark.size()));
  if (!time_s) return false;
  if (contents.times++ == 0) contents.first_s = *time_s;
  contents.last_s = *time_s;
  if (until_s && *time_s > *until_s && !contents.later) contents.later = offset;
  return true;
}

void count_line(Contents& contents, std::string_view line, std::size_t offset) {
  const aof::Annotation annotation = aof::parse_annotation(line);
  if (const auto* batch = std::get_if<aof::BatchEnd>(&annotation)) {
    ++contents.batches;
    contents.vouched_bytes += batch->bytes;
  } else if (std::holds_alternative<aof::StreamStart>(annotation)) {
    ++contents.starts;
  } else {
    ++contents.comments;
    // Nobody else writes this: a flipped bit in the mark makes a comment of an annotation.
    if (line.find(" sum=") != std::string_view::npos) contents.distorted.push_back(offset);
  }
}

// Requires: the Reader has found the bytes to be whole.
Contents count(std::string_view bytes, std::optional<std::int64_t> until_s) {
  Contents contents;
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes[at] == '#') {
      const std::size_t newline = bytes.find('\n', at);
      if (newline == std::string_view::npos) break;
      std::string_view line = bytes.substr(at, newline - at);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!count_time(contents, line, at, until_s)) count_line(contents, line, at);
      at = newline + 1;
      continue;
    }
    const aof::RecordExtent record = aof::skip_record(bytes.substr(at));
    if (record.status != aof::ParseStatus::complete) break;
    count_record(contents, record);
    at += record.bytes;
  }
  return contents;
}

void describe(const LogFile& file,
              const Contents& contents,
              const aof::StreamPosition& position,
              Report& report) {
  std::uint64_t commands = 0;
  for (const auto& [name, number] : contents.commands)
    commands += number;
  const std::string_view bytes = file.bytes.substr(file.records_begin);
  const std::size_t content = aof::without_padding(bytes).size();
  report.say(fmt::format("{}: {} of records", file.path, counted(content, "byte")));
  if (content != bytes.size())
    report.say(fmt::format("  {} of padding behind them", counted(bytes.size() - content, "byte")));
  report.say(fmt::format("  {}{}{}, {}",
                         counted(commands, "command"),
                         commands == 0 ? "" : ": ",
                         shown_counts(contents.commands),
                         counted(contents.groups, "transaction")));
  if (contents.starts + contents.batches != 0)
    report.say(
        fmt::format("  checksums are right: {} and {} vouch for {} of {} bytes",
                    counted(contents.starts, "stream start"),
                    contents.batches == 1 ? "1 batch" : fmt::format("{} batches", contents.batches),
                    contents.vouched_bytes,
                    contents.record_bytes));
  if (contents.vouched_bytes < contents.record_bytes)
    report.say(
        fmt::format("  {} of records have no checksum: damage inside of their arguments cannot be "
                    "seen",
                    counted(contents.record_bytes - contents.vouched_bytes, "byte")));
  if (contents.comments != 0)
    report.say(fmt::format("  {} of other programs", counted(contents.comments, "comment line")));
  if (contents.times != 0)
    report.say(fmt::format("  written from {} to {}, in seconds since 1970, by {}",
                           contents.first_s,
                           contents.last_s,
                           counted(contents.times, "time line")));
  if (!position.store_id.empty())
    report.say(fmt::format(
        "  stream {} epoch {}, ends at {}", position.store_id, position.epoch, position.offset));
}

// What a cut at `from` loses: whole records by name, and what is left of the one behind them.
void describe_loss(std::string_view bytes, std::size_t from, Report& report) {
  constexpr std::size_t shown_max = 10;
  std::vector<std::string_view> args;
  std::size_t lost = 0;
  std::size_t at = from;
  while (at < bytes.size()) {
    if (bytes[at] == '#') {
      const std::size_t newline = bytes.find('\n', at);
      if (newline == std::string_view::npos) break;
      at = newline + 1;
      continue;
    }
    const aof::ParsedRecord record = aof::parse_record(bytes.substr(at), args);
    if (record.status != aof::ParseStatus::complete) {
      if (!args.empty() && bytes[at] == '*')
        report.say("  lost, incomplete: " + shown_command(args));
      break;
    }
    if (++lost <= shown_max) report.say("  lost: " + shown_command(args));
    at += record.bytes;
  }
  if (lost > shown_max) report.say(fmt::format("  lost: {} more", lost - shown_max));
}

}  // namespace

void check_records(const LogFile& file, aof::StreamPosition& position, Report& report) {
  const std::string_view bytes = file.bytes.substr(file.records_begin);
  aof::Reader reader(bytes, position);
  aof::ReadStatus status = reader.next();
  while (status == aof::ReadStatus::record)
    status = reader.next();
  position = reader.position();
  const std::size_t good_end = reader.good_end();
  const Contents contents = count(bytes.substr(0, good_end), file.until_s);
  describe(file, contents, position, report);
  for (const std::size_t offset : contents.distorted)
    report.complain(fmt::format("{}: offset {}: a comment line looks like a damaged annotation",
                                file.path,
                                file.records_begin + offset));
  if (contents.later) {
    const std::size_t stays = file.records_begin + *contents.later;
    report.mark_later({.path = file.path, .good_end = stays, .bytes = file.bytes.size() - stays},
                      stays != 0 && file.may_be_torn);
  }
  if (status == aof::ReadStatus::end) return;

  const std::string place = fmt::format("{}: offset {}: {}",
                                        file.path,
                                        file.records_begin + reader.trouble_offset(),
                                        reader.reason());
  if (status == aof::ReadStatus::damaged)
    return report.complain(
        place + "; good data follows or nothing vouches for the file, so nothing may be cut");
  const std::size_t good_bytes = file.records_begin + good_end;
  const std::size_t dropped = file.bytes.size() - good_bytes;
  if (!file.may_be_torn)
    return report.complain(place + "; it is not the last file of the log, so it may not be cut");
  report.complain_torn(fmt::format("{}; the file is torn: {} from offset {} on cannot be used",
                                   place,
                                   counted(dropped, "byte"),
                                   good_bytes),
                       {.path = file.path, .good_end = good_bytes, .bytes = dropped});
  describe_loss(bytes, good_end, report);
}

}  // namespace duplex::check
