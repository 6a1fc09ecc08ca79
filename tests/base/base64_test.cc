// Base64 against the examples of the standard.
#include "base/base64.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace duplex::base
