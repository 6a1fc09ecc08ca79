// CRC16 against its definition bit by bit, and what the hashes promise.
#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/random.h"

namespace duplex::base {
namespace {

std::uint16_t crc16_by_definition(std::string_view bytes) {
  unsigned crc = 0;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 0x8000u) != 0 ? (crc << 1 ^ 0x1021u) & 0xffffu : crc << 1;
  }
  return static_cast<std::uint16_t>(crc);
}

TEST(Crc16, AnswersTheSpecificationsExample) { EXPECT_EQ(crc16("123456789"), 0x31c3); }

TEST(Crc16, OfNothingIsZero) { EXPECT_EQ(crc16(""), 0); }

TEST(Crc16, EqualsItsDefinitionForEveryLength) {
  constexpr std::uint64_t seed = 2;
  Random random(seed);
  std::string bytes;
  for (std::size_t size = 0; size < 200; ++size) {
    EXPECT_EQ(crc16(bytes), crc16_by_definition(bytes)) << "seed " << seed << " size " << size;
    bytes.push_back(static_cast<char>(random.below(256)));
  }
}

TEST(HashBytes, IsTheSameForTheSameBytes) {
  EXPECT_EQ(hash_bytes("key"), hash_bytes(std::string("key")));
  EXPECT_NE(hash_bytes("key"), hash_bytes("keys"));
}

TEST(HashBytes, HasNoCollisionsAmongManyShortKeys) {
  std::unordered_set<std::uint64_t> seen;
  for (int i = 0; i < 20'000; ++i)
    seen.insert(hash_bytes("key:" + std::to_string(i)));
  EXPECT_EQ(seen.size(), 20'000u);
}

TEST(HashBytes, ChangesWithTheSeed) {
  const std::uint64_t unseeded = hash_bytes("key");

  seed_hash(42);
  const std::uint64_t seeded = hash_bytes("key");
  const std::uint64_t checksum = checksum_bytes("key");
  seed_hash(0);

  EXPECT_NE(seeded, unseeded);
  EXPECT_EQ(hash_bytes("key"), unseeded);
  EXPECT_EQ(checksum, checksum_bytes("key"));
}

TEST(ChecksumBytes, IsFixedForever) {
  // XXH3's published value for no bytes: it stands in files.
  EXPECT_EQ(checksum_bytes(""), 0x2d06800538d394c2u);
}

}  // namespace
}  // namespace duplex::base
