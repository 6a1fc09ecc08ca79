// Reads a log file: records until the end, or until the first byte that cannot be trusted.
//
// The format is in docs/aof_format.md. Files of redis-server, which have no checksums, are read
// too.
#pragma once

#include "aof/format.h"
#include "aof/record_parser.h"

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
// EXEC.
//
//   | checked, given | checked, not yet given | not yet looked at |
//                    given_                   checked_
//
// Thread: confined to its owner. Lifetime: the bytes outlive the Reader; args() point into them.
class Reader {
 public:
  // `start` is where the stream stands at the first byte, if that is known from the file before.
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
  // What is wrong, as a sentence without the offset. Requires: torn or damaged.
  const std::string& reason() const { return reason_; }

  // How far checksum lines have vouched for the bytes without a gap, from the first one on.
  std::size_t vouched_end() const { return vouched_; }

 private:
  enum class Check : std::uint8_t { again, ready, stop };

  Check check_more();
  Check check_annotation(std::string_view line, std::size_t line_end);
  Check stop_torn(std::string_view reason);
  Check stop_damaged(std::string_view reason);
  Check stop_here(std::string_view reason);
  bool good_batch_follows(std::size_t from) const;

  std::string_view bytes_;
  std::vector<std::string_view> args_;
  std::size_t record_offset_ = 0;
  std::size_t given_ = 0;
  std::size_t checked_ = 0;
  std::size_t vouched_ = 0;
  StreamPosition position_;
  std::string reason_;
  ReadStatus final_status_ = ReadStatus::record;  // `record`: not stopped yet
};

}  // namespace duplex::aof
