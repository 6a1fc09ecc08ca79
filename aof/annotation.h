// The log's own annotation lines: which stream a file belongs to, and the checksums of its batches.
// To Redis they are comments. Their grammar is in docs/aof_format.md.
#pragma once

#include "aof/format.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace duplex::aof {

// What an annotation of ours begins with; other lines with '#' are comments of somebody else.
inline constexpr std::string_view annotation_mark = "#DX";

// What fills a file behind the end of the log, again and again, where room is kept for more. From
// wherever it is read it is comments, but for its last byte alone; redis-server reads lines in
// pieces of 127 bytes, and each has to begin with '#'.
inline constexpr std::string_view padding_line =
    "###################################################################################\n";
static_assert(padding_line.size() < 120);

// The bytes without the padding at their end. Nothing else ends like that, but what is torn.
inline std::string_view without_padding(std::string_view bytes) {
  const std::size_t end = bytes.find_last_not_of("#\n") + 1;
  return bytes.substr(0, end + (bytes.substr(end).starts_with('\n') ? 1 : 0));
}

// Ends a batch and vouches for the `bytes` before it.
struct BatchEnd {
  Lsn end = 0;  // the position behind the batch
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;
};

// Says where the stream stands at this place of the file.
struct StreamStart {
  StreamPosition position;
};

// A line of somebody else, or one that begins as ours and is not well-formed.
struct Comment {};
struct BadAnnotation {};

using Annotation = std::variant<Comment, BatchEnd, StreamStart, BadAnnotation>;

// `line` begins with '#' and ends before the line end. Accepts only what the functions below write.
Annotation parse_annotation(std::string_view line);

// Both return the whole line, at most annotation_bytes_max long.
std::string format_annotation(const BatchEnd& batch);
// Requires: a store_id of store_id_bytes.
std::string format_annotation(const StreamStart& start);

}  // namespace duplex::aof
