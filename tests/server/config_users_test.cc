// `user` lines of the configuration, also those that somebody has spoilt.
#include "base/random.h"
#include "server/config_loader.h"
#include "server/config_rewrite.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace duplex::server {
namespace {

std::string complaint_about(const std::string& text) {
  ConfigReader reader("/");
  const auto read = reader.read_text(text, "file");
  return read ? "" : read.error().reason;
}

TEST(ConfigUsersTest, SaysWhatIsWrongWithoutTellingSecrets) {
  struct Case {
    std::string_view line, complaint;
  };
  const Case cases[] = {
      {"user", "wrong number of arguments"},
      {"user a on\nuser a off", "Duplicate user found"},
      {"user a (+get ~x", "Unmatched parenthesis in selector definition"},
      {"user a #topsecret", "The password hash must be exactly 64 characters"},
      {"user a <topsecret", "The password you are trying to remove from the user does not exist"},
      {"user a ~x y", "Syntax error"},
      {"user a allkeys ~x", "Adding a pattern after the * pattern"},
      {"user a \"~x y\"", "Syntax error"},
  };
  for (const Case& c : cases) {
    const std::string complaint = complaint_about(std::string(c.line) + "\n");
    EXPECT_NE(complaint.find(c.complaint), std::string::npos) << c.line << ": " << complaint;
    EXPECT_EQ(complaint.find("topsecret"), std::string::npos) << complaint;
  }
}

// What is accepted is written by CONFIG REWRITE as what can be read again.
TEST(ConfigUsersTest, SurvivesSpoiltLines) {
  const std::string line =
      "user alice on >secret #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~a* "
      "%R~b* &c +@all -config|set +select|1 (+get ~x &y) \"~with \\\"quote\"\n";
  const auto check = [](const std::string& text) {
    ConfigReader reader("/");
    if (!reader.read_text(text, "file")) return;
    const auto rewritten = rewritten_config("", "/", reader.config());
    ASSERT_TRUE(rewritten) << text;
    ConfigReader again("/");
    const auto read = again.read_text(*rewritten, "rewritten");
    ASSERT_TRUE(read) << text << read.error().reason;
    ASSERT_EQ(again.config().users.size(), reader.config().users.size());
    for (std::size_t i = 0; i < again.config().users.size(); ++i)
      ASSERT_EQ(again.config().users[i].rules, reader.config().users[i].rules) << text;
  };
  check(line);
  for (std::size_t size = 0; size < line.size(); ++size)
    check(line.substr(0, size));
  base::Random random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string spoilt = line;
    // The directive itself stays: others may read files.
    spoilt[5 + random.below(spoilt.size() - 5)] = static_cast<char>(random.below(256));
    if (spoilt.find("\ninclude") == std::string::npos) check(spoilt);
  }
}

}  // namespace
}  // namespace duplex::server
