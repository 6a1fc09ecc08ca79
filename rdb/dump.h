// The payload of DUMP and RESTORE: one value with version and checksum.
#pragma once

#include "base/buffer.h"
#include "rdb/value.h"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace duplex::rdb {

enum class DumpError : std::uint8_t {
  wrong_version_or_checksum,
  bad_format,  // also for types that cannot be read
};

// Appends `value` as DUMP returns it.
void append_dump(base::Buffer& out, const Value& value, bool compress);

// Reads a payload as RESTORE is given it. The value points into the payload or into `scratch`.
std::expected<Value, DumpError> read_dump(std::string_view payload, std::string& scratch);

}  // namespace duplex::rdb
