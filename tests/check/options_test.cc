// The command line of duplex-check.
#include "check/options.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace duplex::check {
namespace {

TEST(CheckOptions, AreUnderstood) {
  const std::vector<std::string_view> words = {"--fix", "--", "--odd name"};
  const auto options = parse_options(words);
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->fix);
  EXPECT_EQ(options->path, "--odd name");
}

TEST(CheckOptions, TakeATime) {
  const std::vector<std::string_view> words = {"--truncate-to-timestamp", "1700000000", "a"};
  const auto options = parse_options(words);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->until_s, 1700000000);
}

TEST(CheckOptions, AreRefused) {
  for (const std::vector<std::string_view>& words :
       {std::vector<std::string_view>{},
        {"a", "b"},
        {"--fixx", "a"},
        {"--fix"},
        {"--truncate-to-timestamp", "a"},
        {"a", "--truncate-to-timestamp"},
        {"--fix", "--truncate-to-timestamp", "1", "a"}})
    EXPECT_FALSE(parse_options(words));
}

}  // namespace
}  // namespace duplex::check
