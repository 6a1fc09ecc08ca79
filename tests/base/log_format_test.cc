// The shapes of a log line.
#include "base/log_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>

namespace duplex::base {
namespace {

// 2024-02-29 23:59:58.007 UTC, in a zone five and a half hours east of it.
class LogFormatTest : public ::testing::Test {
 protected:
  LogFormatTest() {
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
  }
  ~LogFormatTest() override {
    unsetenv("TZ");
    tzset();
  }

  LogLine line_{.level = LogLevel::verbose,
                .role = 'M',
                .pid = 42,
                .time = std::chrono::system_clock::time_point(
                    std::chrono::milliseconds(1'709'251'198'007)),
                .text = "a \"quoted\" text"};
};

TEST_F(LogFormatTest, HasTheShapeOfRedis) {
  EXPECT_EQ(format_log_line(line_, LogFormat::legacy, LogTimestamps::legacy),
            "42:M 01 Mar 2024 05:29:58.007 - a \"quoted\" text\n");
}

TEST_F(LogFormatTest, NamesItsFieldsAsLogfmt) {
  EXPECT_EQ(format_log_line(line_, LogFormat::logfmt, LogTimestamps::legacy),
            "pid=42 role=primary timestamp=\"01 Mar 2024 05:29:58.007\" level=info "
            "message=\"a 'quoted' text\"\n");
}

TEST_F(LogFormatTest, TellsTheTimeInOtherWays) {
  EXPECT_EQ(format_log_line(line_, LogFormat::legacy, LogTimestamps::iso8601),
            "42:M 2024-03-01T05:29:58.007+05:30 - a \"quoted\" text\n");
  EXPECT_EQ(format_log_line(line_, LogFormat::legacy, LogTimestamps::milliseconds),
            "42:M 1709251198007 - a \"quoted\" text\n");
}

TEST_F(LogFormatTest, KeepsAFieldOnItsLine) {
  line_.text = "first\nsecond";
  EXPECT_THAT(format_log_line(line_, LogFormat::logfmt, LogTimestamps::legacy),
              ::testing::EndsWith("message=\"first second\"\n"));
}

TEST_F(LogFormatTest, KnowsLevelsAndRoles) {
  const auto as_text = [&](LogLevel level, char role, LogFormat format) {
    line_.level = level;
    line_.role = role;
    return format_log_line(line_, format, LogTimestamps::milliseconds);
  };
  EXPECT_THAT(as_text(LogLevel::debug, 'C', LogFormat::legacy), ::testing::HasSubstr(" . "));
  EXPECT_THAT(as_text(LogLevel::notice, 'S', LogFormat::legacy), ::testing::HasSubstr(" * "));
  EXPECT_THAT(as_text(LogLevel::warning, 'M', LogFormat::legacy), ::testing::HasSubstr(" # "));
  EXPECT_THAT(as_text(LogLevel::debug, 'C', LogFormat::logfmt),
              ::testing::AllOf(::testing::HasSubstr("role=RDB/AOF "),
                               ::testing::HasSubstr("level=debug ")));
  EXPECT_THAT(as_text(LogLevel::notice, 'S', LogFormat::logfmt),
              ::testing::AllOf(::testing::HasSubstr("role=replica "),
                               ::testing::HasSubstr("level=notice ")));
  EXPECT_THAT(as_text(LogLevel::warning, 'X', LogFormat::logfmt),
              ::testing::AllOf(::testing::HasSubstr("role=sentinel "),
                               ::testing::HasSubstr("level=warning ")));
}

}  // namespace
}  // namespace duplex::base
