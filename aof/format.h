// The words of the log's format: positions in the stream, and what the annotation lines look like.
// The normative text is docs/aof_format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::aof {

// A position in the log's stream: how many bytes of records come before it. Annotation lines do not
// count, so that a position is at the same time a replication offset.
using Lsn = std::uint64_t;

// Where a stream stands: whose it is, in which epoch, and how far.
struct StreamPosition {
  std::string store_id;  // store_id_bytes hexadecimal digits; empty when no file has named one
  std::uint32_t epoch = 0;
  Lsn offset = 0;

  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};

inline constexpr std::size_t store_id_bytes = 40;

// Begins the lines with the time at which what follows was written, in seconds since 1970, as
// redis-server writes them with `aof-timestamp-enabled`.
inline constexpr std::string_view time_mark = "#TS:";

// The longest annotation line, its end included. redis-server 7 and redis-check-aof skip lines up
// to 1023 bytes; older readers have buffers of 128 bytes.
inline constexpr std::size_t annotation_bytes_max = 127;

}  // namespace duplex::aof
