// The server's log lines over spdlog's sinks.
#include "base/diagnostics.h"

#include <unistd.h>

#include <atomic>
#include <memory>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace duplex::base {

namespace {

std::atomic<char> role{'C'};
std::atomic<LogLevel> current_level{LogLevel::notice};

// %Q: the role letter; %*: Redis's one-character level.
class RoleFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg&, const std::tm&, spdlog::memory_buf_t& out) override {
    out.push_back(role.load(std::memory_order_relaxed));
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<RoleFlag>();
  }
};

class LevelFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              const std::tm&,
              spdlog::memory_buf_t& out) override {
    switch (message.level) {
      case spdlog::level::trace:
        out.push_back('.');
        break;
      case spdlog::level::debug:
        out.push_back('-');
        break;
      case spdlog::level::info:
        out.push_back('*');
        break;
      default:
        out.push_back('#');
    }
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<LevelFlag>();
  }
};

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

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<RoleFlag>('Q').add_flag<LevelFlag>('*').set_pattern(
      "%P:%Q %d %b %Y %H:%M:%S.%e %* %v");
  auto logger = std::make_shared<spdlog::logger>("duplex", std::move(sink));
  logger->set_formatter(std::move(formatter));
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

std::shared_ptr<spdlog::logger>& shared_logger() {
  static std::shared_ptr<spdlog::logger> logger =
      make_logger(std::make_shared<spdlog::sinks::stdout_sink_mt>());
  return logger;
}

}  // namespace

std::string open_log(const LogOptions& options) {
  set_log_level(options.level);
  if (options.file.empty()) return {};
  try {
    std::atomic_store(
        &shared_logger(),
        make_logger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file)));
  } catch (const spdlog::spdlog_ex& error) {
    return error.what();
  }
  return {};
}

void set_log_level(LogLevel level) { current_level.store(level, std::memory_order_relaxed); }
LogLevel log_level() { return current_level.load(std::memory_order_relaxed); }
void set_log_role(char letter) { role.store(letter, std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view text) {
  if (level < log_level()) return;
  std::atomic_load(&shared_logger())->log(spdlog_level(level), text);
}

}  // namespace duplex::base
