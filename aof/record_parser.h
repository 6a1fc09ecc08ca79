// Reads one record of the log: an array of bulk strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace duplex::aof {

enum class ParseStatus : std::uint8_t {
  complete,
  incomplete,  // all bytes fit the format, but more must follow
  malformed,
};

struct ParsedRecord {
  ParseStatus status = ParseStatus::incomplete;
  std::size_t bytes = 0;  // how long the record is, when complete
};

// Reads the record at the beginning of `bytes` into `args`, which then point into `bytes`. As on
// the wire, but strict: no inline commands, no empty array, no sign or leading zero in a length.
ParsedRecord parse_record(std::string_view bytes, std::vector<std::string_view>& args);

// A record without its arguments.
struct RecordExtent {
  ParseStatus status = ParseStatus::incomplete;
  std::size_t bytes = 0;
  std::size_t arguments = 0;
  std::string_view name;  // the first argument
};

RecordExtent skip_record(std::string_view bytes);

}  // namespace duplex::aof
