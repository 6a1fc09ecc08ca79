// Base64 against the examples of the standard.
#include "base/base64.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::base {
namespace {

TEST(Base64, EncodesTheExamplesOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64(std::string_view("\x00\xff\xbe\xef", 4)), "AP++7w==");
}

TEST(Base64, DecodesWhatItEncodes) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64(base64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, DecodesWithoutPaddingAndNothingElse) {
  EXPECT_EQ(decode_base64("Zg"), "f");
  EXPECT_EQ(decode_base64("Zm8"), "fo");
  for (const std::string_view text :
       {"Z", "Zg=", "Zm9v=", "====", "=", "Z===", "Zm 9", "Zm9v\n", "Zm9-"})
    EXPECT_FALSE(decode_base64(text)) << text;
}

}  // namespace
}  // namespace duplex::base
