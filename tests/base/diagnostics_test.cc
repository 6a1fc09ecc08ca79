// Log lines in a file: their shape, and which levels get there.
#include "base/diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/temporary_folder.h"

namespace duplex::base {
namespace {

LogOptions to_file(const std::filesystem::path& file, LogLevel level) {
  LogOptions options;
  options.file = file.string();
  options.level = level;
  return options;
}

TEST(Diagnostics, TellsWhyAFileCannotBeWritten) {
  const test::TemporaryFolder folder;
  folder.write("file", "");

  const std::string error = open_log(to_file(folder.path() / "file" / "log", LogLevel::notice));

  EXPECT_NE(error, "");
}

TEST(Diagnostics, WritesLinesOfTheLevelAndAboveInRedisShape) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(open_log(to_file(folder.path() / "log", LogLevel::verbose)), "");
  set_log_role('M');

  log(LogLevel::debug, "too quiet");
  log(LogLevel::verbose, "a {} line", "verbose");
  log(LogLevel::notice, "percent % and braces {{}}");
  log(LogLevel::warning, "number {}", 7);

  const std::string text = folder.read("log");
  EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("too quiet")));
  const std::string head = "[0-9]+:M [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:.]{12} ";
  EXPECT_THAT(text,
              ::testing::MatchesRegex(head + "- a verbose line\n" + head +
                                      "\\* percent % and braces \\{\\}\n" + head +
                                      "# number 7\n"));
}

TEST(Diagnostics, NothingSilencesEveryLine) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(open_log(to_file(folder.path() / "log", LogLevel::nothing)), "");

  log(LogLevel::warning, "unheard");
  set_log_level(LogLevel::warning);
  log(LogLevel::warning, "heard");

  EXPECT_EQ(log_level(), LogLevel::warning);
  EXPECT_THAT(folder.read("log"), ::testing::EndsWith("# heard\n"));
  EXPECT_THAT(folder.read("log"), ::testing::Not(::testing::HasSubstr("unheard")));
}

}  // namespace
}  // namespace duplex::base
