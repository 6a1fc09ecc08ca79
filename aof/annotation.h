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
