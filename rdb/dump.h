// The payload of DUMP and RESTORE: one value with version and checksum.
#pragma once

#include "base/buffer.h"
#include "store/entry.h"

#include <cstdint>
#include <expected>
#include <string_view>

namespace duplex::rdb {

enum class DumpError : std::uint8_t {
  wrong_version_or_checksum,
  bad_format,  // also for types that cannot be read, and for collections without elements
};

// Appends the value of `entry` as DUMP returns it.
void append_dump(base::Buffer& out, const store::Entry& entry, bool compress);

// Makes an entry of a payload as RESTORE is given it; never nullptr.
std::expected<store::EntryPtr, DumpError> read_dump(std::string_view payload,
                                                    std::string_view key,
                                                    std::int64_t expiry_ms);

}  // namespace duplex::rdb
