// Counting, finding, combining and reading bits, compared with the same done bit by bit.
#include "commands/bit_string.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace duplex::commands {

namespace {

bool bit_at(std::string_view bytes, std::size_t at) {
  return at / 8 < bytes.size() &&
         (static_cast<unsigned char>(bytes[at / 8]) >> (7 - at % 8) & 1) != 0;
}

class BitStringTest : public testing::Test {
 protected:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  // Mostly of one value, so that finding has something to skip.
  std::string bytes(std::size_t size) {
    const char filler = below(2) == 0 ? '\0' : '\xff';
    std::string text(size, filler);
    for (std::size_t i = below(4); i > 0 && size > 0; --i)
      text[below(size)] = static_cast<char>(random_());
    return text;
  }
  IndexRange range(std::size_t bits) {
    const std::size_t first = below(bits);
    return {first, 1 + below(bits - first)};
  }

  std::mt19937_64 random_{1};
};

TEST_F(BitStringTest, CountsOnes) {
  for (int round = 0; round < 2000; ++round) {
    const std::string text = bytes(1 + below(100));
    const IndexRange bits = range(text.size() * 8);
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < bits.count; ++i)
      expected += bit_at(text, bits.first + i);
    ASSERT_EQ(count_ones(text, bits), expected) << bits.first << "+" << bits.count;
  }
}

TEST_F(BitStringTest, FindsTheFirst) {
  for (int round = 0; round < 2000; ++round) {
    const std::string text = bytes(1 + below(200));
    const IndexRange bits = range(text.size() * 8);
    const bool value = below(2) == 0;
    std::size_t expected = bits.first;
    while (expected < bits.first + bits.count && bit_at(text, expected) != value)
      ++expected;
    ASSERT_EQ(find_bit(text, value, bits), expected) << bits.first << "+" << bits.count;
  }
}

TEST_F(BitStringTest, Combines) {
  const BitOperation operations[] = {
      BitOperation::conjunction, BitOperation::disjunction, BitOperation::exclusive};
  for (int round = 0; round < 300; ++round) {
    // Beyond a block of the implementation now and then.
    const std::size_t size_max = round % 50 == 0 ? 50'000 : 70;
    std::vector<std::string> sources(1 + below(4));
    for (std::string& source : sources)
      source = bytes(below(size_max));
    std::size_t size = 1;
    for (const std::string& source : sources)
      size = std::max(size, source.size());
    const BitOperation operation = operations[below(3)];
    std::string out(size, '\0');
    combine_bits(operation, std::vector<std::string_view>(sources.begin(), sources.end()), out);
    for (std::size_t i = 0; i < size; ++i) {
      std::vector<int> column;
      for (const std::string& source : sources)
        column.push_back(i < source.size() ? static_cast<unsigned char>(source[i]) : 0);
      int expected = column[0];
      for (std::size_t j = 1; j < column.size(); ++j)
        expected = operation == BitOperation::conjunction   ? expected & column[j]
                   : operation == BitOperation::disjunction ? expected | column[j]
                                                            : expected ^ column[j];
      ASSERT_EQ(static_cast<unsigned char>(out[i]), expected) << i;
    }
  }
}

TEST_F(BitStringTest, NegatesWithZerosBehindTheEnd) {
  std::string out(20, 'x');
  const std::string_view source = "\x0f\xf0";
  combine_bits(BitOperation::negation, {&source, 1}, out);
  EXPECT_EQ(out, "\xf0\x0f" + std::string(18, '\xff'));
}

TEST_F(BitStringTest, ReadsAndWritesIntegers) {
  for (int round = 0; round < 5000; ++round) {
    std::string text = bytes(16 + below(8));
    const auto width = static_cast<unsigned>(1 + below(64));
    const std::uint64_t offset = below(text.size() * 8 - width + 1);
    std::uint64_t expected = 0;
    for (unsigned i = 0; i < width; ++i)
      expected = expected << 1 | static_cast<std::uint64_t>(bit_at(text, offset + i));
    ASSERT_EQ(read_bits(text, offset, width), expected);
    const std::string before = text;
    const std::uint64_t value = random_();
    write_bits(text.data(), offset, width, value);
    ASSERT_EQ(read_bits(text, offset, width), width == 64 ? value : value & ((1ull << width) - 1));
    for (std::size_t i = 0; i < text.size() * 8; ++i)
      if (i < offset || i >= offset + width) {
        ASSERT_EQ(bit_at(text, i), bit_at(before, i)) << i;
      }
  }
}

TEST_F(BitStringTest, BitsBehindTheEndAreZero) {
  EXPECT_EQ(read_bits("\xff", 4, 8), 0xf0u);
  EXPECT_EQ(read_bits("\xff", 0, 64), 0xff00000000000000u);
  EXPECT_EQ(read_bits("\xff", 8, 5), 0u);
  EXPECT_EQ(read_bits("", 1'000'000, 64), 0u);
}

}  // namespace

}  // namespace duplex::commands
