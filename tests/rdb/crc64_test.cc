// The checksum of every length and place, against one computed bit by bit.
#include "rdb/crc64.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace duplex::rdb {
namespace {

std::uint64_t bit_by_bit(std::uint64_t crc, std::string_view bytes) {
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x95ac9329ac4bc9b5u : crc >> 1;
  }
  return crc;
}

std::string noise(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size)
    text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

TEST(Crc64, HasTheCheckValueOfItsKind) {
  EXPECT_EQ(crc64(0, "123456789"), 0xe9c6d914c4b8d9cau);
}

TEST(Crc64, IsTheSameForEveryLengthAndPlace) {
  const std::string text = noise(700);
  for (std::size_t from = 0; from < 17; ++from)
    for (std::size_t size = 0; from + size <= text.size(); ++size) {
      const std::string_view part = std::string_view(text).substr(from, size);
      ASSERT_EQ(crc64(from * 0x9e3779b97f4a7c15u, part),
                bit_by_bit(from * 0x9e3779b97f4a7c15u, part))
          << from << ' ' << size;
    }
}

TEST(Crc64, MayBeComputedInPieces) {
  const std::string text = noise(1000);
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    ASSERT_EQ(crc64(crc64(0, text.substr(0, cut)), text.substr(cut)), crc64(0, text)) << cut;
}

}  // namespace
}  // namespace duplex::rdb
