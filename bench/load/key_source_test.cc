// Tests of the key draws.
#include "bench/load/key_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace duplex::load {
namespace {

constexpr std::uint64_t keys = 1000;
constexpr std::uint64_t draws = 100'000;

std::vector<std::uint64_t> count_draws(KeySource source) {
  std::vector<std::uint64_t> counts(keys);
  for (std::uint64_t i = 0; i < draws; ++i)
    ++counts.at(source.next());
  return counts;
}

TEST(KeySource, UniformReachesEveryKeyAboutEquallyOften) {
  const auto counts = count_draws(KeySource(Distribution::uniform, keys, 1, 1));

  const auto [least, most] = std::ranges::minmax(counts);
  EXPECT_GT(least, draws / keys / 2);
  EXPECT_LT(most, draws / keys * 2);
}

TEST(KeySource, ZipfPrefersFewKeys) {
  auto counts = count_draws(KeySource(Distribution::zipf, keys, 0.99, 1));

  std::ranges::sort(counts, std::ranges::greater{});
  // With 1000 keys the first has 1 / 7.7 of the draws and the second half of that.
  EXPECT_NEAR(static_cast<double>(counts[0]), draws * 0.130, draws * 0.01);
  EXPECT_NEAR(static_cast<double>(counts[1]), draws * 0.065, draws * 0.01);
}

TEST(KeySource, SequentialVisitsEachKeyOnce) {
  KeySource source(Distribution::sequential, keys, 1, 1);

  for (std::uint64_t i = 0; i < keys; ++i)
    EXPECT_EQ(source.next(), i);
}

TEST(KeySource, RepeatsItselfForASeed) {
  EXPECT_EQ(count_draws(KeySource(Distribution::uniform, keys, 1, 7)),
            count_draws(KeySource(Distribution::uniform, keys, 1, 7)));
  EXPECT_NE(count_draws(KeySource(Distribution::uniform, keys, 1, 7)),
            count_draws(KeySource(Distribution::uniform, keys, 1, 8)));
}

}  // namespace
}  // namespace duplex::load
