// Random: the same numbers for the same seed, within bounds, spread over them.
#include "base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace duplex::base {
namespace {

TEST(Random, RepeatsItselfForTheSameSeed) {
  Random first(7);
  Random second(7);
  Random other(8);

  const std::uint64_t number = first.next();

  EXPECT_EQ(number, second.next());
  EXPECT_NE(number, other.next());
  EXPECT_NE(number, first.next());
}

TEST(Random, StaysBelowItsBoundAndReachesEverything) {
  Random random(1);
  std::array<int, 10> seen{};

  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t number = random.below(seen.size());
    ASSERT_LT(number, seen.size());
    ++seen[number];
  }

  for (const int count : seen)
    EXPECT_NEAR(count, 1000, 200);
}

TEST(Random, BelowOneIsZero) { EXPECT_EQ(Random(5).below(1), 0u); }

TEST(SecureRandom, FillsExactlyWhatWasAskedFor) {
  std::array<unsigned char, 64> first{};
  std::array<unsigned char, 64> second{};

  secure_random(first.data(), 32);
  secure_random(second.data(), 32);

  EXPECT_NE(first, second);
  for (std::size_t i = 32; i < first.size(); ++i)
    EXPECT_EQ(first[i], 0);
}

}  // namespace
}  // namespace duplex::base
