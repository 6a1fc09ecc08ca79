// Checking stretches of a log file and giving their records.
#include "aof/reader.h"

#include "aof/record_parser.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/text.h"

#include <algorithm>

namespace duplex::aof {

namespace {

// The longest line of anybody's that is skipped as a comment: what redis-server 7 allows.
constexpr std::size_t comment_bytes_max = 1024;

bool is_name(const RecordExtent& record, std::string_view name) {
  return record.arguments == 1 && base::equals_ignoring_case(record.name, name);
}

bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// What a search behind a wrong place finds.
enum class Aftermath : std::uint8_t {
  nothing,
  broken_batch,  // the end of a batch, but none whose checksum is right
  good_batch,    // so the wrong place is not where the file stopped growing
};

// Looks for batches that begin at `from` or later. The text of an annotation may also be part of a
// value; only its checksum tells.
Aftermath search_aftermath(std::string_view bytes, std::size_t from) {
  constexpr std::string_view batch_mark = "#DX off=";
  // Somebody's values may be full of such text: after so many bytes of checksums the file counts as
  // damaged, which loses nothing but the convenience of an automatic cut.
  std::uint64_t budget = 16 * (std::uint64_t{bytes.size() - from} + annotation_bytes_max);
  Aftermath found = Aftermath::nothing;
  for (std::size_t at = bytes.find(batch_mark, from); at != std::string_view::npos;
       at = bytes.find(batch_mark, at + 1)) {
    const std::string_view line = bytes.substr(at, annotation_bytes_max);
    const std::size_t line_end = line.find("\r\n");
    if (line_end == std::string_view::npos) continue;
    const Annotation annotation = parse_annotation(line.substr(0, line_end));
    const auto* batch = std::get_if<BatchEnd>(&annotation);
    if (batch == nullptr) continue;
    found = Aftermath::broken_batch;
    if (batch->bytes == 0 || batch->bytes > at - from) continue;
    if (batch->bytes > budget) return Aftermath::good_batch;
    budget -= batch->bytes;
    const auto length = static_cast<std::size_t>(batch->bytes);
    if (base::checksum_bytes(bytes.substr(at - length, length)) == batch->checksum)
      return Aftermath::good_batch;
  }
  return found;
}

}  // namespace

Reader::Reader(std::string_view bytes, const StreamPosition& start)
    : bytes_(without_padding(bytes)), offset_known_(!start.store_id.empty()), position_(start) {}

ReadStatus Reader::next() {
  while (true) {
    if (give_record()) return ReadStatus::record;
    if (final_status_ != ReadStatus::record) return final_status_;
    check_stretch();
  }
}

// Gives the next record of the checked stretch; without one, passes the annotation that closes it.
bool Reader::give_record() {
  while (given_ < records_end_) {
    if (bytes_[given_] == '#') {
      given_ = bytes_.find('\n', given_) + 1;
      continue;
    }
    const ParsedRecord record = parse_record(bytes_.substr(given_), args_);
    DUPLEX_ASSERT(record.status == ParseStatus::complete);
    record_offset_ = given_;
    given_ += record.bytes;
    position_.offset += record.bytes;
    return true;
  }
  if (const auto* start = std::get_if<StreamStart>(&closing_)) position_ = start->position;
  if (const auto* batch = std::get_if<BatchEnd>(&closing_)) position_.offset = batch->end;
  closing_ = Comment{};
  given_ = checked_;
  return false;
}

void Reader::check_stretch() {
  Stretch stretch{.begin = checked_, .at = checked_, .unit_end = checked_};
  while (stretch.at < bytes_.size()) {
    const char first = bytes_[stretch.at];
    if (first == '#') {
      if (!check_line(stretch)) return;
    } else if (first == '*') {
      if (!check_record(stretch)) return;
    } else {
      return stop_malformed(stretch, "neither a record nor an annotation begins here");
    }
  }
  if (stretch.in_group) return stop_unfinished(stretch, "the last MULTI has no EXEC");
  close_stretch(bytes_.size(), bytes_.size(), Comment{});
  final_status_ = ReadStatus::end;
}

bool Reader::check_record(Stretch& stretch) {
  const RecordExtent record = skip_record(bytes_.substr(stretch.at));
  if (record.status == ParseStatus::incomplete) {
    stop_unfinished(stretch, "the last record is incomplete");
    return false;
  }
  if (record.status == ParseStatus::malformed) {
    stop_malformed(stretch, "the record is malformed");
    return false;
  }
  const bool is_multi = is_name(record, "MULTI");
  const bool is_exec = is_name(record, "EXEC");
  if (is_multi == stretch.in_group && (is_multi || is_exec)) {
    stop_malformed(stretch, is_multi ? "MULTI inside of a MULTI" : "EXEC without MULTI");
    return false;
  }
  stretch.in_group = is_multi || (stretch.in_group && !is_exec);
  stretch.at += record.bytes;
  stretch.record_bytes += record.bytes;
  if (!stretch.in_group) stretch.unit_end = stretch.at;
  return true;
}

bool Reader::check_line(Stretch& stretch) {
  const std::string_view rest = bytes_.substr(stretch.at, comment_bytes_max);
  const std::size_t newline = rest.find('\n');
  if (newline == std::string_view::npos) {
    if (rest.size() < comment_bytes_max)
      stop_unfinished(stretch, "the last annotation line is incomplete");
    else
      stop_malformed(stretch, "the annotation line is too long");
    return false;
  }
  std::string_view line = rest.substr(0, newline);
  const std::size_t line_end = stretch.at + newline + 1;
  const bool has_return = line.ends_with('\r');
  if (has_return) line.remove_suffix(1);

  Annotation annotation = parse_annotation(line);
  if (std::holds_alternative<Comment>(annotation)) {
    stretch.at = line_end;
    if (!stretch.in_group) stretch.unit_end = line_end;
    return true;
  }
  annotated_ = true;
  if (!has_return || stretch.in_group) annotation = BadAnnotation{};
  if (const auto* batch = std::get_if<BatchEnd>(&annotation))
    check_batch_end(stretch, line_end, *batch);
  else if (const auto* start = std::get_if<StreamStart>(&annotation))
    check_stream_start(stretch, line_end, *start);
  else
    stop_distrusted(stretch, "the annotation line is malformed");
  return false;
}

void Reader::check_batch_end(const Stretch& stretch, std::size_t line_end, const BatchEnd& batch) {
  const std::string_view records = bytes_.substr(stretch.begin, stretch.at - stretch.begin);
  if (batch.bytes != records.size() || base::checksum_bytes(records) != batch.checksum)
    return stop_distrusted(stretch, "the checksum of the batch is wrong");
  if (offset_known_ && batch.end != position_.offset + stretch.record_bytes)
    return stop_distrusted(stretch, "the batch is not where it belongs in the stream");
  close_vouched(stretch, line_end, batch);
}

void Reader::check_stream_start(const Stretch& stretch,
                                std::size_t line_end,
                                const StreamStart& start) {
  const bool same_stream = offset_known_ && start.position.store_id == position_.store_id;
  if (same_stream && start.position.offset != position_.offset + stretch.record_bytes)
    return stop_distrusted(stretch, "the stream does not go on where it ended");
  close_vouched(stretch, line_end, start);
}

void Reader::close_vouched(const Stretch& stretch,
                           std::size_t line_end,
                           const Annotation& closing) {
  // A stream start vouches only for itself.
  const bool no_gap = std::holds_alternative<BatchEnd>(closing) || stretch.at == stretch.begin;
  if (no_gap && vouched_ == stretch.begin) vouched_ = line_end;
  offset_known_ = true;
  close_stretch(stretch.at, line_end, closing);
}

void Reader::close_stretch(std::size_t records_end, std::size_t end, const Annotation& closing) {
  records_end_ = records_end;
  checked_ = end;
  closing_ = closing;
}

void Reader::stop_unfinished(const Stretch& stretch, std::string_view reason) {
  switch (search_aftermath(bytes_, stretch.at)) {
    case Aftermath::nothing:
      return stop(ReadStatus::torn, stretch.unit_end, stretch.at, reason);
    case Aftermath::broken_batch:
      return stop(ReadStatus::torn, stretch.begin, stretch.at, reason);
    case Aftermath::good_batch:
      // A wrong length has swallowed what follows.
      return stop(ReadStatus::damaged, stretch.unit_end, stretch.at, reason);
  }
}

void Reader::stop_malformed(const Stretch& stretch, std::string_view reason) {
  if (all_zero(bytes_.substr(stretch.at)))
    return stop(ReadStatus::torn, stretch.unit_end, stretch.at, "only zero bytes follow");
  // A file of ours that ends in rubbish lost its last pages in a crash. Nobody vouches for others.
  if (!annotated_) return stop(ReadStatus::damaged, stretch.unit_end, stretch.at, reason);
  stop_unfinished(stretch, reason);
}

void Reader::stop_distrusted(const Stretch& stretch, std::string_view reason) {
  // From its begin: an annotation may have become a comment, and the next one closes both batches.
  const bool follows = search_aftermath(bytes_, stretch.begin) == Aftermath::good_batch;
  stop(follows ? ReadStatus::damaged : ReadStatus::torn, stretch.begin, stretch.at, reason);
}

void Reader::stop(ReadStatus status,
                  std::size_t good_end,
                  std::size_t trouble,
                  std::string_view reason) {
  // Whole units before the place of a tear are given; those before a damage are not, because the
  // stretch has failed as a whole.
  records_end_ = status == ReadStatus::torn ? good_end : given_;
  checked_ = status == ReadStatus::torn ? good_end : given_;
  final_status_ = status;
  trouble_offset_ = trouble;
  reason_ = reason;
}

std::size_t vouched_prefix(std::string_view bytes) {
  Reader reader(bytes);
  while (reader.next() == ReadStatus::record) {
  }
  return reader.vouched_end();
}

}  // namespace duplex::aof
