// Lines as arguments: blanks, both kinds of quotes, escapes, and what is refused.
#include "resp/inline_arguments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::resp {
namespace {

using Arguments = std::vector<std::string>;

// From a block that ends with the line, so that a sanitizer sees a read beyond it.
std::optional<Arguments> split(std::string_view line) {
  const auto block = std::make_unique<char[]>(line.size());
  std::copy(line.begin(), line.end(), block.get());
  return split_inline_arguments({block.get(), line.size()});
}

TEST(InlineArguments, AreSplitAtBlanksAndUnquoted) {
  struct Row {
    const char* name;
    std::string_view line;
    Arguments arguments;
  };
  const Row rows[] = {
      {"nothing", "", {}},
      {"only blanks", " \t\r\v\f ", {}},
      {"one word", "PING", {"PING"}},
      {"several words", "SET key value", {"SET", "key", "value"}},
      {"blanks all around", "  GET \t key  ", {"GET", "key"}},
      {"vertical tab and form feed inside of a word", "a\vb\fc", {"a\vb\fc"}},
      {"double quotes", "\"a b\" c", {"a b", "c"}},
      {"empty double quotes", "\"\"", {""}},
      {"single quotes", "'a b' c", {"a b", "c"}},
      {"empty single quotes", "'' ''", {"", ""}},
      {"quotes behind a word", "a\"b c\"", {"ab c"}},
      {"the other quote inside", "\"it's\" 'a \"b\"'", {"it's", "a \"b\""}},
      {"letters escaped", R"("\n\r\t\b\a")", {"\n\r\t\b\a"}},
      {"others escaped stand for themselves", R"("\"\\\q")", {"\"\\q"}},
      {"hexadecimal", R"("\x41\xff\x00")", {std::string("A\xff\0", 3)}},
      {"hexadecimal in both cases", R"("\xaB\xAb")", {"\xab\xab"}},
      {"no hexadecimal", R"("\xg1\x1")", {"xg1x1"}},
      {"backslash outside of quotes", R"(a\nb)", {R"(a\nb)"}},
      {"single quotes know only one escape", R"('it\'s \n')", {R"(it's \n)"}},
      {"bytes above 127", "\xc3\xa4 \xff", {"\xc3\xa4", "\xff"}},
  };
  for (const Row& row : rows)
    EXPECT_EQ(split(row.line), row.arguments) << row.name;
}

TEST(InlineArguments, AreRefusedWithUnbalancedQuotes) {
  struct Row {
    const char* name;
    std::string_view line;
  };
  for (const Row& row : {Row{"an open double quote", "\"abc"},
                         Row{"an open single quote", "'abc"},
                         Row{"only a quote", "\""},
                         Row{"an escaped end", R"("abc\")"},
                         Row{"an escaped single end", R"('abc\')"},
                         Row{"a lonely backslash", "\"\\"},
                         Row{"hexadecimal cut off", "\"\\x4"},
                         Row{"something behind a closing quote", "\"a\"b"},
                         Row{"a quote behind a closing quote", "'a'\"b\""}})
    EXPECT_EQ(split(row.line), std::nullopt) << row.name;
}

TEST(InlineArguments, ACutLineIsNeverReadBeyondItsEnd) {
  const std::string_view line = R"(SET "a\x41\n b" 'it\'s' plain "")";
  for (std::size_t size = 0; size <= line.size(); ++size) {
    const auto arguments = split(line.substr(0, size));
    if (arguments) {
      EXPECT_LE(arguments->size(), 5u);
    }
  }
}

}  // namespace
}  // namespace duplex::resp
