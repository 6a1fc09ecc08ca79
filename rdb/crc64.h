// The checksum of RDB files and DUMP payloads.
#pragma once

#include <cstdint>
#include <string_view>

namespace duplex::rdb {

// CRC-64 "Jones", reflected, without final inversion. `crc` is 0 at the beginning, and afterwards
// what the call for the bytes before has returned.
std::uint64_t crc64(std::uint64_t crc, std::string_view bytes);

}  // namespace duplex::rdb
