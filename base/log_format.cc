// The shapes of log lines.
#include "base/log_format.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace duplex::base {

namespace {

std::tm local_time(std::time_t seconds) {
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

std::string timestamp(std::chrono::system_clock::time_point time, LogTimestamps timestamps) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  if (timestamps == LogTimestamps::milliseconds) return fmt::to_string(since_epoch);
  const std::tm parts = local_time(since_epoch / 1000);
  const auto fraction = since_epoch % 1000;
  if (timestamps == LogTimestamps::legacy)
    return fmt::format("{:%d %b %Y %H:%M:%S}.{:03}", parts, fraction);
  const long offset_minutes = parts.tm_gmtoff / 60;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}{}{:02}:{:02}",
                     parts,
                     fraction,
                     offset_minutes < 0 ? '-' : '+',
                     std::abs(offset_minutes) / 60,
                     std::abs(offset_minutes) % 60);
}

char level_mark(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return '.';
    case LogLevel::verbose:
      return '-';
    case LogLevel::notice:
      return '*';
    case LogLevel::warning:
    case LogLevel::nothing:
      break;
  }
  return '#';
}

std::string_view level_word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::verbose:
      return "info";
    case LogLevel::notice:
      return "notice";
    case LogLevel::warning:
    case LogLevel::nothing:
      break;
  }
  return "warning";
}

std::string_view role_word(char role) {
  switch (role) {
    case 'M':
      return "primary";
    case 'S':
      return "replica";
    case 'C':
      return "RDB/AOF";
    default:
      return "sentinel";
  }
}

// A field in double quotes cannot hold any, nor the end of the line.
std::string fit_for_quotes(std::string_view text) {
  std::string fit(text);
  for (char& c : fit) {
    if (c == '"') c = '\'';
    if (c == '\n' || c == '\r') c = ' ';
  }
  return fit;
}

}  // namespace

std::string format_log_line(const LogLine& line, LogFormat format, LogTimestamps timestamps) {
  const std::string time = timestamp(line.time, timestamps);
  if (format == LogFormat::legacy)
    return fmt::format(
        "{}:{} {} {} {}\n", line.pid, line.role, time, level_mark(line.level), line.text);
  return fmt::format("pid={} role={} timestamp=\"{}\" level={} message=\"{}\"\n",
                     line.pid,
                     role_word(line.role),
                     time,
                     level_word(line.level),
                     fit_for_quotes(line.text));
}

}  // namespace duplex::base
