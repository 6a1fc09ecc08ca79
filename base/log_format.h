// One line of the server's log as text, in the shapes that Redis and Valkey give it.
#pragma once

#include "base/diagnostics.h"

#include <chrono>
#include <string>
#include <string_view>

namespace duplex::base {

struct LogLine {
  LogLevel level;
  char role;
  int pid;
  std::chrono::system_clock::time_point time;
  std::string_view text;
};

// The line with its end. Times are local ones.
std::string format_log_line(const LogLine& line, LogFormat format, LogTimestamps timestamps);

}  // namespace duplex::base
