// UTF-8 against a decoder that is written from the definition.
#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::base {
namespace {

std::string encode(std::uint32_t point) {
  std::string text;
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xc0 | point >> 6);
    text += static_cast<char>(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    text += static_cast<char>(0xe0 | point >> 12);
    text += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (point & 0x3f));
  } else {
    text += static_cast<char>(0xf0 | point >> 18);
    text += static_cast<char>(0x80 | (point >> 12 & 0x3f));
    text += static_cast<char>(0x80 | (point >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (point & 0x3f));
  }
  return text;
}

TEST(Utf8, AcceptsEveryCharacterAndNothingElseOfItsShape) {
  for (std::uint32_t point = 0; point < 0x120000; ++point) {
    const bool exists = point < 0xd800 || (point > 0xdfff && point < 0x110000);
    if (is_utf8(encode(point)) != exists) FAIL() << std::hex << point;
  }
}

TEST(Utf8, RefusesOverlongForms) {
  for (const std::string_view text : {"\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x80\x80",
                                      "\xe0\x9f\xbf",
                                      "\xf0\x80\x80\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xfc\x84\x80\x80\x80\x80",
                                      "\xfe",
                                      "\xff"})
    EXPECT_FALSE(is_utf8(text));
}

TEST(Utf8, RefusesStrayAndMissingContinuations) {
  for (const std::string_view text : {"\x80",
                                      "\xbf",
                                      "a\x80",
                                      "\xc3",
                                      "\xc3(",
                                      "\xe2\x82",
                                      "\xe2\x82(",
                                      "\xe2(\x82",
                                      "\xf0\x9f\x98",
                                      "\xf0\x9f\x98("})
    EXPECT_FALSE(is_utf8(text));
}

TEST(Utf8, DoesNotCareWhereTheTextIsCut) {
  const std::string text =
      "plain ascii text \xc3\xa4 and \xe2\x82\xac and \xf0\x9f\x98\x80 end....";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.feed(std::string_view(text).substr(0, cut)));
    EXPECT_TRUE(validator.feed(std::string_view(text).substr(cut)));
    EXPECT_TRUE(validator.complete());
  }
}

TEST(Utf8, FindsABadByteAtAnyPlace) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'a');
    text[at] = '\xff';
    EXPECT_FALSE(is_utf8(text)) << at;
  }
}

}  // namespace
}  // namespace duplex::base
