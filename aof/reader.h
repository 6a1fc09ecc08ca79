// Reads a log file: records until the end, or until the first byte that cannot be trusted.
//
// The format is in docs/aof_format.md. Files of redis-server, which have no checksums, are read
// too.
#pragma once

#include "aof/annotation.h"
#include "aof/format.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::aof {

enum class ReadStatus : std::uint8_t {
  record,   // args() is the next record
  end,      // the file ends behind a whole unit
  torn,     // the file ends in the middle of something: what a crash leaves behind
  damaged,  // bytes are wrong and good ones follow, or the format was never right
};

// Gives the records of a file, one by one, MULTI, EXEC and SELECT among them.
//
// A record is given only when its whole unit is there and, if its batch has a checksum line, when
// the checksum is right: so whoever applies records need not undo any, and may ignore MULTI and
// EXEC. Hence each stretch up to the next annotation of ours, or up to the end, is read twice:
//
//   | given | checked, not yet given | not yet looked at |
//           given_         records_end_ checked_
//
// Thread: confined to its owner. Lifetime: the bytes outlive the Reader; args() point into them.
class Reader {
 public:
  // `start` is where the stream stands at the first byte, if that is known from the file before.
  // Padding at the end of the bytes counts as not being there.
  explicit Reader(std::string_view bytes, const StreamPosition& start = {});

  // After a status other than `record`, every further call returns the same.
  ReadStatus next();

  // The record's arguments, at least one. Valid as long as the bytes.
  std::span<const std::string_view> args() const { return args_; }
  // Where the record begins in the file.
  std::size_t record_offset() const { return record_offset_; }

  // Where the stream stands behind the records given so far (at `end`: behind the file).
  const StreamPosition& position() const { return position_; }

  // The end of the last good unit or annotation line: where a torn file is to be cut.
  // Requires: next() has returned something else than `record`.
  std::size_t good_end() const { return checked_; }
  // Where the first wrong byte was met, and what is wrong, as half a sentence.
  // Requires: torn or damaged.
  std::size_t trouble_offset() const { return trouble_offset_; }
  const std::string& reason() const { return reason_; }

  // How far annotations of ours vouch for the bytes, from the first one on and without a gap.
  std::size_t vouched_end() const { return vouched_; }

 private:
  // A stretch that is being checked.
  struct Stretch {
    std::size_t begin = 0;
    std::size_t at = 0;              // the next byte to look at
    std::size_t unit_end = 0;        // behind the last whole unit or comment
    std::uint64_t record_bytes = 0;  // without comments
    bool in_group = false;
  };

  bool give_record();
  void check_stretch();
  // Each takes one thing at stretch.at, or ends the stretch and returns false.
  bool check_record(Stretch& stretch);
  bool check_line(Stretch& stretch);
  void check_batch_end(const Stretch& stretch, std::size_t line_end, const BatchEnd& batch);
  void check_stream_start(const Stretch& stretch, std::size_t line_end, const StreamStart& start);
  void close_stretch(std::size_t records_end, std::size_t end, const Annotation& closing);
  void close_vouched(const Stretch& stretch, std::size_t line_end, const Annotation& closing);

  // What ends the file before its end. A distrusted stretch is dropped as a whole.
  void stop_unfinished(const Stretch& stretch, std::string_view reason);
  void stop_malformed(const Stretch& stretch, std::string_view reason);
  void stop_distrusted(const Stretch& stretch, std::string_view reason);
  void stop(ReadStatus status, std::size_t good_end, std::size_t trouble, std::string_view reason);

  std::string_view bytes_;
  std::vector<std::string_view> args_;
  std::size_t record_offset_ = 0;
  std::size_t given_ = 0;
  std::size_t records_end_ = 0;
  std::size_t checked_ = 0;
  std::size_t vouched_ = 0;
  bool annotated_ = false;     // an annotation of ours was met in this file
  bool offset_known_ = false;  // position_ counts from an annotation, not from an assumed zero
  Annotation closing_;         // what stands between records_end_ and checked_
  StreamPosition position_;
  std::size_t trouble_offset_ = 0;
  std::string reason_;
  ReadStatus final_status_ = ReadStatus::record;  // `record`: not known yet
};

// How many bytes at the beginning of `bytes` are stream starts and batches with right checksums.
std::size_t vouched_prefix(std::string_view bytes);

}  // namespace duplex::aof
