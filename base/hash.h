// Hashes of bytes: seeded XXH3 for tables and checksums, CRC16 for cluster slots.
#pragma once

#include <cstdint>
#include <string_view>

namespace duplex::base {

// Sets the seed of hash_bytes(); once, at start, before any table exists.
void seed_hash(std::uint64_t seed);

// 64 bits over `bytes`; the same value for the whole life of the process, another in the next.
std::uint64_t hash_bytes(std::string_view bytes);

// 64 bits over `bytes`, the same in every process (unseeded XXH3): for checksums on disk.
std::uint64_t checksum_bytes(std::string_view bytes);

// CRC16-CCITT (XMODEM), as the cluster specification uses it for slots.
std::uint16_t crc16(std::string_view bytes);

}  // namespace duplex::base
