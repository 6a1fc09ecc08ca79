// Rules of users: those that are taken, those that are wrong, and those that somebody has spoilt.
#include "commands/acl_rules.h"

#include "base/random.h"
#include "base/sha256.h"
#include "commands/acl_file.h"
#include "commands/families.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands::acl {
namespace {

class AclRulesTest : public ::testing::Test {
 protected:
  User made_by(const std::vector<std::string_view>& rules) {
    User user = new_user("u", context_);
    for (const std::string_view rule : rules)
      EXPECT_TRUE(apply_rule(user, rule, context_)) << rule;
    return user;
  }

  std::string error_of(std::string_view rule) {
    User user = made_by({"on", "~a", "+get"});
    const std::string before = user.text();
    const auto applied = apply_rule(user, rule, context_);
    EXPECT_EQ(user.text(), before) << rule;
    return applied ? "taken" : std::string(applied.error().reason);
  }

  CommandTable table_{command_families()};
  RuleContext context_{table_};
};

TEST_F(AclRulesTest, DescribesWhatRulesHaveMade) {
  struct Case {
    std::vector<std::string_view> rules;
    std::string_view text;
  };
  const Case cases[] = {
      {{}, "off resetchannels -@all"},
      {{"on", "nopass", "allkeys", "allchannels", "allcommands"}, "on nopass ~* &* +@all"},
      {{"ON", "NoPass", "AllKeys", "+GET", "-Set"}, "on nopass ~* resetchannels -@all +get -set"},
      {{"~a", "~b", "~a"}, "off ~a ~b resetchannels -@all"},
      {{"%R~a", "%W~a", "%wr~b"}, "off ~a ~b resetchannels -@all"},
      {{"~a", "resetkeys", "%R~b"}, "off %R~b resetchannels -@all"},
      {{"~", "&"}, "off ~ resetchannels & -@all"},
      {{"&a", "&b", "resetchannels", "&c"}, "off resetchannels &c -@all"},
      {{"+@all", "-@admin", "+config|get"}, "off resetchannels +@all -@admin +config|get"},
      {{"+get", "+get|a", "+get"}, "off resetchannels -@all +get"},
      {{"+select|1", "+select|2"}, "off resetchannels -@all +select|1 +select|2"},
      {{"+config|get", "-config"}, "off resetchannels -@all -config"},
      {{"+@all", "nocommands", "+ping"}, "off resetchannels -@all +ping"},
      {{"(+get ~a)", "(+set %W~b)"},
       "off resetchannels -@all (~a resetchannels -@all +get) (%W~b resetchannels -@all +set)"},
      {{"(+get)", "clearselectors"}, "off resetchannels -@all"},
      {{"on", "~a", "+@all", "(+get)", "reset"}, "off sanitize-payload resetchannels -@all"},
      {{"()", "%R"}, "off %R~ resetchannels -@all (resetchannels -@all)"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(made_by(c.rules).text(), c.text);
}

TEST_F(AclRulesTest, RefusesWithoutChangingAnything) {
  struct Case {
    std::string_view rule, reason;
  };
  constexpr std::string_view syntax = "Syntax error";
  constexpr std::string_view unknown = "Unknown command or category name in ACL";
  constexpr std::string_view bad_hash =
      "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
      "characters";
  const Case cases[] = {
      {"nosuch", syntax},
      {"+", unknown},
      {"-", unknown},
      {"+@", unknown},
      {"+@nosuch", unknown},
      {"+nosuch|x", unknown},
      {"+config|nosuch", unknown},
      {"-get|a", unknown},
      {"+get|", syntax},
      {"+get|a b", syntax},
      {"+config|get|x", "Allowing first-arg of a subcommand is not supported"},
      {"%~a", syntax},
      {"%", syntax},
      {"%X~a", syntax},
      {"%RR~a", syntax},
      {std::string_view("~a\0b", 4), syntax},
      {"~a b", syntax},
      {"&a\tb", syntax},
      {"#", bad_hash},
      {"#0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", bad_hash},
      {"!zz", bad_hash},
      {"<nosuch", "The password you are trying to remove from the user does not exist"},
      {"(", syntax},
      {")", syntax},
      {"(nosuch)", syntax},
      {"(on)", syntax},
      {"(>secret)", syntax},
      {"((+get))", syntax},
      {"(\"+get)", syntax},
      {"(~a) +get)", syntax},
      {"(~\"a'b\")", syntax},
  };
  for (const Case& c : cases)
    EXPECT_EQ(error_of(c.rule), c.reason) << c.rule;
}

TEST_F(AclRulesTest, KeepsPasswordsAsDigestsOnly) {
  User user = made_by({"on", ">one", ">two", ">one"});
  EXPECT_EQ(user.passwords,
            (std::vector<std::string>{base::sha256_hex("one"), base::sha256_hex("two")}));
  EXPECT_EQ(user.text().find("one"), std::string::npos);
  EXPECT_TRUE(user.accepts("one"));
  EXPECT_FALSE(user.accepts("three"));
  EXPECT_FALSE(user.accepts(base::sha256_hex("one")));
  EXPECT_TRUE(apply_rule(user, "!" + base::sha256_hex("two"), context_));
  EXPECT_TRUE(apply_rule(user, "<one", context_));
  EXPECT_FALSE(user.accepts("one"));
  EXPECT_TRUE(apply_rule(user, "nopass", context_));
  EXPECT_TRUE(user.accepts("anything"));
  EXPECT_TRUE(apply_rule(user, "off", context_));
  EXPECT_FALSE(user.accepts("anything"));
}

TEST_F(AclRulesTest, HasLimits) {
  User user = new_user("u", context_);
  for (std::size_t i = 0; i < Selector::patterns_max; ++i)
    ASSERT_TRUE(apply_rule(user, "~" + std::to_string(i), context_));
  EXPECT_FALSE(apply_rule(user, "~more", context_));
  EXPECT_FALSE(apply_rule(user, "&more", context_));
  User many = new_user("u", context_);
  for (std::size_t i = 0; i < User::passwords_max; ++i)
    ASSERT_TRUE(apply_rule(many, ">" + std::to_string(i), context_));
  EXPECT_FALSE(apply_rule(many, ">more", context_));
  for (std::size_t i = 0; i < User::selectors_max; ++i)
    ASSERT_TRUE(apply_rule(many, "(+get)", context_));
  EXPECT_FALSE(apply_rule(many, "(+get)", context_));
}

// Every rule cut at every place, with every byte changed: it is taken or not, and what is taken is
// described by a text that makes the same user.
TEST_F(AclRulesTest, SurvivesSpoiltRules) {
  constexpr std::string_view rules[] = {"+@dangerous",
                                        "-config|set",
                                        "+select|1",
                                        "%RW~jobs:*",
                                        "&news:[a-c]?",
                                        "(+get ~a* %R~b* &c +@read -config|get)",
                                        "#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf"
                                        "527a25b",
                                        ">secret",
                                        "skip-sanitize-payload"};
  base::Random random(1);
  const auto check = [&](const std::string& rule) {
    User user = new_user("u", context_);
    if (!apply_rule(user, rule, context_)) return;
    const std::string line = "user u " + user.text();
    const auto again = read_users(line, "file", context_);
    ASSERT_TRUE(again) << rule << ": " << again.error();
    ASSERT_EQ(again->front().text(), user.text()) << rule;
  };
  for (const std::string_view rule : rules) {
    for (std::size_t size = 0; size <= rule.size(); ++size)
      check(std::string(rule.substr(0, size)));
    for (std::size_t at = 0; at < rule.size(); ++at) {
      for (int i = 0; i < 24; ++i) {
        std::string spoilt(rule);
        spoilt[at] = static_cast<char>(random.below(256));
        check(spoilt);
      }
    }
  }
}

TEST_F(AclRulesTest, JoinsSelectorsFromPieces) {
  const std::vector<std::string_view> pieces{"on", "(+get", "~a", "&b)", "(+set)", "~c"};
  EXPECT_EQ(join_selectors(pieces).value(),
            (std::vector<std::string>{"on", "(+get ~a &b)", "(+set)", "~c"}));
  const std::vector<std::string_view> open{"on", "(+get", "~a"};
  EXPECT_EQ(join_selectors(open).error(), "(+get");
}

// --- files ---

TEST_F(AclRulesTest, ReadsFiles) {
  const auto users = read_users(
      "  user a on >x ~k +get  \r\n\n\tuser b (+get\t~a) off\nuser default on nopass +@all",
      "file",
      context_);
  ASSERT_TRUE(users) << users.error();
  ASSERT_EQ(users->size(), 3u);
  EXPECT_EQ((*users)[0].name, "a");
  EXPECT_EQ((*users)[1].text(), "off resetchannels -@all (~a resetchannels -@all +get)");
}

TEST_F(AclRulesTest, ComplainsAboutFilesWithoutTellingSecrets) {
  struct Case {
    std::string_view text, complaint;
  };
  const Case cases[] = {
      {"foo", "file:1 should start with user keyword followed by the username."},
      {"user", "file:1 should start with user keyword followed by the username."},
      {"\nuser a +nosuch", "file:2: Error in applying operation '+nosuch': Unknown command"},
      {"user a on\nuser a off", "Duplicate user 'a' found on line 2."},
      {"user a (+get ~x", "file:1: Unmatched parenthesis in selector definition."},
      {"user a #topsecret", "file:1: The password hash must be exactly 64"},
  };
  for (const Case& c : cases) {
    const auto users = read_users(c.text, "file", context_);
    ASSERT_FALSE(users) << c.text;
    EXPECT_NE(users.error().find(c.complaint), std::string::npos) << users.error();
    EXPECT_EQ(users.error().find("topsecret"), std::string::npos);
    EXPECT_TRUE(
        users.error().ends_with("no change to the previously active ACL rules was performed"));
  }
}

TEST_F(AclRulesTest, KeepsComplaintsShort) {
  std::string text;
  for (int i = 0; i < 100'000; ++i)
    text += "nonsense\n";
  EXPECT_LT(read_users(text, "file", context_).error().size(), 80'000u);
  EXPECT_FALSE(read_users(std::string(acl_file_bytes_max + 1, '\n'), "file", context_));
}

TEST_F(AclRulesTest, SurvivesSpoiltFiles) {
  const std::string file =
      "user default on nopass ~* &* +@all\n"
      "user a on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~a* %R~b* "
      "resetchannels &c* -@all +@hash +config|get (%W~w* resetchannels -@all +del)\n";
  const auto check = [&](const std::string& text) {
    auto users = read_users(text, "file", context_);
    if (!users) return;
    std::vector<UserPtr> shared;
    for (User& user : *users)
      shared.push_back(std::make_shared<const User>(std::move(user)));
    const std::string written = write_users(shared);
    ASSERT_TRUE(read_users(written, "file", context_)) << text;
  };
  base::Random random(2);
  for (std::size_t size = 0; size <= file.size(); ++size)
    check(file.substr(0, size));
  for (int i = 0; i < 3000; ++i) {
    std::string spoilt = file;
    spoilt[random.below(spoilt.size())] = static_cast<char>(random.below(256));
    check(spoilt);
  }
}

}  // namespace
}  // namespace duplex::commands::acl
