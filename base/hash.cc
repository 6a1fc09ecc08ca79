// Hashes of bytes over xxHash, and CRC16 by tables, eight bytes at a time.
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstddef>

namespace duplex::base {

namespace {

std::uint64_t hash_seed = 0;

constexpr std::uint16_t crc16_polynomial = 0x1021;

// How many bytes one step takes: each has a table of what it does to the result that many bytes on.
constexpr std::size_t crc16_step = 8;
using Crc16Tables = std::array<std::array<std::uint16_t, 256>, crc16_step>;

constexpr Crc16Tables make_crc16_tables() {
  Crc16Tables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 0x8000u) != 0 ? (crc << 1) ^ crc16_polynomial : crc << 1;
    tables[0][byte] = static_cast<std::uint16_t>(crc);
  }
  for (std::size_t ahead = 1; ahead < crc16_step; ++ahead) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const unsigned crc = tables[ahead - 1][byte];
      tables[ahead][byte] = static_cast<std::uint16_t>((crc << 8) ^ tables[0][crc >> 8]);
    }
  }
  return tables;
}

constexpr Crc16Tables crc16_tables = make_crc16_tables();

}  // namespace

void seed_hash(std::uint64_t seed) { hash_seed = seed; }

std::uint64_t hash_bytes(std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash_seed);
}

std::uint64_t checksum_bytes(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint16_t crc16(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  unsigned crc = 0;
  for (; left >= crc16_step; left -= crc16_step, at += crc16_step)
    crc = crc16_tables[7][at[0] ^ (crc >> 8)] ^ crc16_tables[6][at[1] ^ (crc & 0xff)] ^
          crc16_tables[5][at[2]] ^ crc16_tables[4][at[3]] ^ crc16_tables[3][at[4]] ^
          crc16_tables[2][at[5]] ^ crc16_tables[1][at[6]] ^ crc16_tables[0][at[7]];
  for (; left > 0; --left, ++at)
    crc = ((crc << 8) ^ crc16_tables[0][(crc >> 8) ^ *at]) & 0xffff;
  return static_cast<std::uint16_t>(crc);
}

}  // namespace duplex::base
