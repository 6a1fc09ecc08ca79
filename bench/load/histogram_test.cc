// Tests of the histogram.
#include "bench/load/histogram.h"

#include <gtest/gtest.h>

namespace duplex::load {
namespace {

TEST(Histogram, IsZeroWhenEmpty) {
  const Histogram histogram;

  EXPECT_EQ(histogram.percentile(50), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.mean(), 0.0);
}

TEST(Histogram, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value)
    histogram.add(value);

  EXPECT_EQ(histogram.percentile(50), 50u);
  EXPECT_EQ(histogram.percentile(1), 1u);
  EXPECT_EQ(histogram.percentile(100), 100u);
  EXPECT_EQ(histogram.mean(), 50.5);
}

TEST(Histogram, OverestimatesByLessThanTwoPercent) {
  for (std::uint64_t value = 1; value < std::uint64_t{1} << 62; value = value * 3 / 2 + 1) {
    SCOPED_TRACE(value);
    Histogram histogram;
    histogram.add(value);
    histogram.add(UINT64_MAX / 4);

    const std::uint64_t found = histogram.percentile(50);

    EXPECT_GE(found, value);
    EXPECT_LE(static_cast<double>(found), static_cast<double>(value) * 1.02);
  }
}

TEST(Histogram, CountsRepeatedValues) {
  Histogram histogram;
  histogram.add(10, 99);
  histogram.add(1000, 1);

  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.percentile(99), 10u);
  EXPECT_EQ(histogram.percentile(99.9), 1000u);
}

TEST(Histogram, TakesTheLargestValue) {
  Histogram histogram;
  histogram.add(UINT64_MAX);

  EXPECT_EQ(histogram.percentile(50), UINT64_MAX);
}

}  // namespace
}  // namespace duplex::load
