// Glob patterns with Redis's meaning of every corner.
#include "base/glob.h"

#include "base/clock.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::base {
namespace {

struct Row {
  const char* name;
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

constexpr Row rows[] = {
    {"nothing matches nothing", "", "", true},
    {"an empty pattern matches no text", "", "a", false},
    {"the text itself", "abc", "abc", true},
    {"a prefix is not enough", "ab", "abc", false},
    {"a longer pattern does not match", "abcd", "abc", false},
    {"case counts", "abc", "aBc", false},
    {"a star does not match an empty text", "*", "", false},
    {"many stars do not match an empty text", "**", "", false},
    {"a star matches nothing behind a prefix", "a*", "a", true},
    {"a star matches all", "*", "anything at all", true},
    {"stars at both ends", "*b*", "abc", true},
    {"a star in the middle", "a*c", "abbbc", true},
    {"a star in the middle of nothing", "a*c", "ac", true},
    {"a star needs the rest to match", "a*c", "abbb", false},
    {"a star gives back what it took", "a*bc", "abbcbbc", true},
    {"two stars", "a*b*c", "axxbyyc", true},
    {"many stars in a row", "a***c", "abc", true},
    {"stars behind the text's end", "abc***", "abc", true},
    {"a question mark behind the text's end", "abc?", "abc", false},
    {"a question mark is any character", "a?c", "abc", true},
    {"a question mark is one byte", "?", "\xc3\xa4", false},
    {"a question mark needs a character", "?", "", false},
    {"a question mark takes a NUL", "?", std::string_view("\0", 1), true},
    {"class: first", "h[ae]llo", "hallo", true},
    {"class: last", "h[ae]llo", "hello", true},
    {"class: none", "h[ae]llo", "hillo", false},
    {"class: negated match", "h[^e]llo", "hallo", true},
    {"class: negated miss", "h[^e]llo", "hello", false},
    {"class: caret only counts in front", "[a^]", "^", true},
    {"class: an exclamation mark negates nothing", "[!a]", "a", true},
    {"range: inside", "[a-c]", "b", true},
    {"range: its ends", "[a-c][a-c]", "ac", true},
    {"range: outside", "[a-c]", "d", false},
    {"range: reversed", "[c-a]", "b", true},
    {"range: negated", "[^a-c]", "b", false},
    {"range: several", "[a-cx-z]", "y", true},
    {"range: bytes above 127", "[\x80-\xff]", "\xc3", true},
    {"range: a dash in front is a dash", "[-a]", "-", true},
    {"range: a dash at the end is a dash only without a class end", "[a-]", "-", false},
    {"class: empty", "[]", "a", false},
    {"class: empty and negated", "[^]", "a", true},
    {"class: a bracket ends it", "[]a]", "]", false},
    {"class: needs a character", "[a]", "", false},
    {"class: escaped bracket", "[\\]]", "]", true},
    {"class: escaped dash", "[a\\-z]", "m", false},
    {"class: escaped dash itself", "[a\\-z]", "-", true},
    {"unclosed class: match", "[abc", "b", true},
    {"unclosed class: miss", "[abc", "d", false},
    {"unclosed class: nothing in it", "[", "a", false},
    {"unclosed class: negated nothing", "[^", "a", true},
    {"unclosed class: range", "[a-z", "m", true},
    {"unclosed class: escape at its end", "[\\", "\\", true},
    {"escape: star", "a\\*c", "a*c", true},
    {"escape: star is no star", "a\\*c", "abc", false},
    {"escape: question mark", "\\?", "?", true},
    {"escape: bracket", "\\[a]", "[a]", true},
    {"escape: backslash", "\\\\", "\\", true},
    {"escape: plain letter", "\\a", "a", true},
    {"escape: nothing behind it", "a\\", "a\\", true},
    {"class behind a star", "*[0-9]", "abc7", true},
    {"class behind a star goes on", "*[0-9]x", "a1b2x", true},
};

TEST(Glob, MatchesAsRedisDoes) {
  for (const Row& row : rows)
    EXPECT_EQ(glob_match(row.pattern, row.text), row.matches) << row.name;
}

TEST(Glob, IgnoresCaseWhenAsked) {
  constexpr Row folded[] = {
      {"letters", "ABC", "abc", true},
      {"letters of the text", "abc", "ABC", true},
      {"class", "[ABC]", "b", true},
      {"range", "[A-C]", "b", true},
      {"range of the text", "[a-c]", "B", true},
      {"escaped letter in a class", "[\\A]", "a", true},
      {"other bytes stay apart", "[", "{", false},
  };
  for (const Row& row : folded)
    EXPECT_EQ(glob_match(row.pattern, row.text, GlobCase::insensitive), row.matches) << row.name;
}

TEST(Glob, IsQuickWithManyStars) {
  std::string pattern;
  for (int i = 0; i < 50; ++i)
    pattern += "a*";
  pattern += "b";
  const std::string text(5000, 'a');
  const std::int64_t start = steady_us();

  const bool matches = glob_match(pattern, text);

  EXPECT_FALSE(matches);
  EXPECT_LT(steady_us() - start, 1'000'000);
}

TEST(Glob, KnowsLiteralPatterns) {
  EXPECT_TRUE(glob_is_literal(""));
  EXPECT_TRUE(glob_is_literal("user:1000]^-"));
  for (const std::string_view special : {"a*", "?a", "[a]", "a\\"})
    EXPECT_FALSE(glob_is_literal(special)) << special;
}

}  // namespace
}  // namespace duplex::base
