// What time it is: wall clock for expiry and logs, steady clock for durations.
#pragma once

#include <chrono>
#include <cstdint>

namespace duplex::base {

// Milliseconds since 1970, as PEXPIREAT and the log count them.
inline std::int64_t wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// Microseconds since 1970, for TIME.
inline std::int64_t wall_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

// Microseconds of a clock that never jumps; only differences mean something.
inline std::int64_t steady_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace duplex::base
