// The cheapest clock there is: a counter of the processor, turned into microseconds on demand.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <chrono>
#endif

namespace duplex::base {

// Counts at a constant rate on all cores of the machines we run on.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return static_cast<std::uint64_t>(
      std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

// How many ticks make a microsecond, measured against the steady clock since the process started;
// the first call measures for a few milliseconds if the process is younger.
double ticks_per_us();

}  // namespace duplex::base
