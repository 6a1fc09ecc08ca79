// CRC-64 with eight tables: eight bytes per step.
#include "rdb/crc64.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace duplex::rdb {

namespace {

// 0xad93d23594c935a9 with its bits in reverse.
constexpr std::uint64_t polynomial = 0x95ac9329ac4bc9b5u;
constexpr std::size_t step_bytes = 8;

using Table = std::array<std::uint64_t, 256>;

// tables[n][b]: the checksum of byte b followed by n zero bytes.
constexpr std::array<Table, step_bytes> make_tables() {
  std::array<Table, step_bytes> tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1) != 0 ? (crc >> 1) ^ polynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (std::size_t n = 1; n < step_bytes; ++n)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[n - 1][byte];
      tables[n][byte] = tables[0][before & 0xff] ^ (before >> 8);
    }
  return tables;
}

constexpr auto tables = make_tables();

static_assert(std::endian::native == std::endian::little, "the steps read little-endian words");

}  // namespace

std::uint64_t crc64(std::uint64_t crc, std::string_view bytes) {
  while (bytes.size() >= step_bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), step_bytes);
    word ^= crc;
    crc = 0;
    for (std::size_t n = 0; n < step_bytes; ++n)
      crc ^= tables[step_bytes - 1 - n][(word >> (8 * n)) & 0xff];
    bytes.remove_prefix(step_bytes);
  }
  for (const char c : bytes)
    crc = tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return crc;
}

}  // namespace duplex::rdb
