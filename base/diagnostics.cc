// The server's log lines over spdlog's sinks.
#include "base/diagnostics.h"

#include "base/log_format.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <syslog.h>
#include <unistd.h>
#include <vector>

namespace duplex::base {

namespace {

std::atomic<char> role{'C'};
std::atomic<LogLevel> current_level{LogLevel::notice};
std::atomic<LogFormat> current_format{LogFormat::legacy};
std::atomic<LogTimestamps> current_timestamps{LogTimestamps::legacy};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::trace;
    case LogLevel::verbose:
      return spdlog::level::debug;
    case LogLevel::notice:
      return spdlog::level::info;
    case LogLevel::warning:
    case LogLevel::nothing:
      break;
  }
  return spdlog::level::warn;
}

LogLevel our_level(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return LogLevel::debug;
    case spdlog::level::debug:
      return LogLevel::verbose;
    case spdlog::level::info:
      return LogLevel::notice;
    default:
      return LogLevel::warning;
  }
}

class LineFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string line =
        format_log_line({.level = our_level(message.level),
                         .role = role.load(std::memory_order_relaxed),
                         .pid = getpid(),
                         .time = message.time,
                         .text = {message.payload.data(), message.payload.size()}},
                        current_format.load(std::memory_order_relaxed),
                        current_timestamps.load(std::memory_order_relaxed));
    out.append(line.data(), line.data() + line.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>();
  }
};

spdlog::sink_ptr with_our_lines(spdlog::sink_ptr sink) {
  sink->set_formatter(std::make_unique<LineFormatter>());
  return sink;
}

std::shared_ptr<spdlog::logger> make_logger(std::vector<spdlog::sink_ptr> sinks) {
  auto logger = std::make_shared<spdlog::logger>("duplex", sinks.begin(), sinks.end());
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

spdlog::sink_ptr standard_output() {
  return with_our_lines(std::make_shared<spdlog::sinks::stdout_sink_mt>());
}

int facility_number(SyslogFacility facility) {
  constexpr int numbers[] = {LOG_USER,
                             LOG_LOCAL0,
                             LOG_LOCAL1,
                             LOG_LOCAL2,
                             LOG_LOCAL3,
                             LOG_LOCAL4,
                             LOG_LOCAL5,
                             LOG_LOCAL6,
                             LOG_LOCAL7};
  return numbers[static_cast<std::size_t>(facility)];
}

std::shared_ptr<spdlog::logger>& shared_logger() {
  static std::shared_ptr<spdlog::logger> logger = make_logger({standard_output()});
  return logger;
}

}  // namespace

std::string open_log(const LogOptions& options) {
  set_log_level(options.level);
  set_log_format(options.format, options.timestamps);
  try {
    std::vector<spdlog::sink_ptr> sinks;
    sinks.push_back(
        options.file.empty()
            ? standard_output()
            : with_our_lines(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file)));
    // The system's log adds time and pid by itself.
    if (options.syslog)
      sinks.push_back(
          std::make_shared<spdlog::sinks::syslog_sink_mt>(options.syslog_ident,
                                                          LOG_PID | LOG_NDELAY | LOG_NOWAIT,
                                                          facility_number(options.syslog_facility),
                                                          false));
    std::atomic_store(&shared_logger(), make_logger(std::move(sinks)));
  } catch (const spdlog::spdlog_ex& error) {
    return error.what();
  }
  return {};
}

void set_log_level(LogLevel level) {
  current_level.store(level, std::memory_order_relaxed);
}
LogLevel log_level() {
  return current_level.load(std::memory_order_relaxed);
}
void set_log_role(char letter) {
  role.store(letter, std::memory_order_relaxed);
}

void set_log_format(LogFormat format, LogTimestamps timestamps) {
  current_format.store(format, std::memory_order_relaxed);
  current_timestamps.store(timestamps, std::memory_order_relaxed);
}

void log_line(LogLevel level, std::string_view text) {
  if (level < log_level()) return;
  std::atomic_load(&shared_logger())->log(spdlog_level(level), text);
}

}  // namespace duplex::base
