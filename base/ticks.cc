// The rate of the tick counter.
#include "base/ticks.h"

#include "base/clock.h"

namespace duplex::base {

namespace {

struct Origin {
  std::uint64_t ticks_at = ticks();
  std::int64_t us_at = steady_us();
};

const Origin origin;
constexpr std::int64_t measured_us_min = 5000;

}  // namespace

double ticks_per_us() {
  std::int64_t now_us = steady_us();
  while (now_us - origin.us_at < measured_us_min)
    now_us = steady_us();
  return static_cast<double>(ticks() - origin.ticks_at) /
         static_cast<double>(now_us - origin.us_at);
}

}  // namespace duplex::base
