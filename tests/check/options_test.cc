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

TEST(CheckOptions, AreRefused) {
  for (const std::vector<std::string_view>& words :
       {std::vector<std::string_view>{}, {"a", "b"}, {"--fixx", "a"}, {"--fix"}})
    EXPECT_FALSE(parse_options(words));
}

}  // namespace
}  // namespace duplex::check
