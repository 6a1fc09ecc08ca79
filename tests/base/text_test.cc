// ASCII case: letters fold, every other byte stays.
#include "base/text.h"

#include <gtest/gtest.h>

namespace duplex::base {
namespace {

TEST(Text, FoldsAsciiLettersOnly) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool is_upper = byte >= 'A' && byte <= 'Z';
    const bool is_lower = byte >= 'a' && byte <= 'z';
    EXPECT_EQ(lower(c), static_cast<char>(is_upper ? byte + 32 : byte));
    EXPECT_EQ(upper(c), static_cast<char>(is_lower ? byte - 32 : byte));
  }
}

TEST(Text, ComparesWithoutCase) {
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_TRUE(equals_ignoring_case("KeepTTL", "kEEPttl"));
  EXPECT_FALSE(equals_ignoring_case("ex", "exx"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
}

TEST(Text, FoldsWholeTexts) {
  EXPECT_EQ(lowered("Set Key_1"), "set key_1");
  EXPECT_EQ(uppered("Set Key_1"), "SET KEY_1");
}

}  // namespace
}  // namespace duplex::base
