// The clocks of a measurement: monotonic time, our own CPU, and another process's CPU.
#pragma once

#include <cstdint>
#include <sys/types.h>

namespace duplex::load {

// Nanoseconds of steady time.
std::uint64_t now_ns();

// CPU that this process has used, in nanoseconds.
std::uint64_t own_cpu_ns();

// CPU that all threads of `pid` have used, ended ones included, in nanoseconds; 0 if there is no
// such process. It is the scheduler's exact sum, not the 10 ms ticks of /proc/<pid>/stat.
std::uint64_t process_cpu_ns(pid_t pid);

}  // namespace duplex::load
