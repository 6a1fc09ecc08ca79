// Log files as text: how the tests of the log write them and read them.
#pragma once

#include "aof/annotation.h"
#include "aof/log_unit.h"
#include "aof/reader.h"
#include "base/buffer.h"
#include "base/hash.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::test {

using Args = std::vector<std::string>;

inline const std::string store_id = "0123456789abcdef0123456789abcdef01234567";

inline std::string record(std::initializer_list<std::string_view> args) {
  base::Buffer buffer;
  aof::append_record(buffer, std::span(args.begin(), args.size()));
  return std::string(buffer.view());
}

inline std::string stream_start(aof::Lsn offset, const std::string& id = store_id) {
  return format_annotation(aof::StreamStart{{.store_id = id, .epoch = 1, .offset = offset}});
}

// The records and the line that vouches for them, in a stream that ends at `end`.
inline std::string batch(std::string_view records, aof::Lsn end) {
  return std::string(records) +
         format_annotation(aof::BatchEnd{
             .end = end, .bytes = records.size(), .checksum = base::checksum_bytes(records)});
}

// A file of ours with these batches, from the start of the stream.
inline std::string file_of(const std::vector<std::string>& batches) {
  std::string file = stream_start(0);
  aof::Lsn end = 0;
  for (const std::string& records : batches) {
    end += records.size();
    file += batch(records, end);
  }
  return file;
}

struct Reading {
  std::vector<Args> records;
  aof::ReadStatus status = aof::ReadStatus::end;
  std::size_t good_end = 0;
  std::size_t trouble = 0;
  std::string reason;
  aof::StreamPosition position;
};

inline Reading read_all(std::string_view bytes, const aof::StreamPosition& start = {}) {
  // A block of the exact size, so that a sanitizer sees the first byte behind it.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  aof::Reader reader(std::string_view(exact.data(), exact.size()), start);
  Reading reading;
  while ((reading.status = reader.next()) == aof::ReadStatus::record)
    reading.records.emplace_back(reader.args().begin(), reader.args().end());
  reading.good_end = reader.good_end();
  reading.trouble = reader.trouble_offset();
  reading.reason = reader.reason();
  reading.position = reader.position();
  return reading;
}

}  // namespace duplex::test
