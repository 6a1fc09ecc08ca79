// The server's own log lines, in Redis's shape: "pid:role day month year time level text".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace duplex::base {

// Redis's levels; a line is written when its level is at least the configured one. No line has the
// level `nothing`.
enum class LogLevel { debug, verbose, notice, warning, nothing };

// What a line looks like: "pid:role time level text" or fields with names.
enum class LogFormat : std::uint8_t { legacy, logfmt };
enum class LogTimestamps : std::uint8_t { legacy, iso8601, milliseconds };

// The numbers of syslog(3)'s facilities that a server may use.
enum class SyslogFacility : std::uint8_t {
  user,
  local0,
  local1,
  local2,
  local3,
  local4,
  local5,
  local6,
  local7,
};

struct LogOptions {
  std::string file;  // empty: standard output
  LogLevel level = LogLevel::notice;
  LogFormat format = LogFormat::legacy;
  LogTimestamps timestamps = LogTimestamps::legacy;
  // The lines go to the system's log as well.
  bool syslog = false;
  std::string syslog_ident;
  SyslogFacility syslog_facility = SyslogFacility::local0;
};

// Opens the destination. Returns what went wrong, or an empty string. Lines logged before the first
// call go to standard output at level notice. Thread: any.
std::string open_log(const LogOptions& options);
void set_log_level(LogLevel level);
void set_log_format(LogFormat format, LogTimestamps timestamps);
LogLevel log_level();
// The role letter of the lines: 'M' for a primary, 'S' for a replica, 'C' for start-up.
void set_log_role(char role);

void log_line(LogLevel level, std::string_view text);

template <typename... Args>
void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  if (level >= log_level()) log_line(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace duplex::base
