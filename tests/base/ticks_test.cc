// Ticks measure time as the steady clock does.
#include "base/ticks.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace duplex::base {
namespace {

TEST(Ticks, MeasureAsTheSteadyClockDoes) {
  const double per_us = ticks_per_us();
  const std::int64_t start_us = steady_us();
  const std::uint64_t start = ticks();

  while (steady_us() - start_us < 20'000) {
  }
  const auto measured_us = static_cast<double>(ticks() - start) / per_us;

  // The thread may be put aside between two readings on a busy machine.
  EXPECT_NEAR(measured_us, static_cast<double>(steady_us() - start_us), 10'000);
}

TEST(Clock, WallClocksAgree) {
  const std::int64_t before = wall_ms();
  const std::int64_t us = wall_us();
  const std::int64_t after = wall_ms();

  EXPECT_LE(before, us / 1000);
  EXPECT_LE(us / 1000, after);
}

}  // namespace
}  // namespace duplex::base
