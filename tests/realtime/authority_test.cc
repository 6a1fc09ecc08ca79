// Who is let in, and to what.
#include "realtime/authority.h"

#include <gtest/gtest.h>

namespace duplex::realtime {
namespace {

TEST(Authority, AnonymousClientsComeInWhenSomethingIsOpenToThem) {
  const Authority open(ChannelRules({{"news:*", Access::anonymous}}));
  const auto identity = open.authenticate({}, 0);

  ASSERT_TRUE(identity);
  EXPECT_TRUE((*identity)->is_anonymous());
  EXPECT_FALSE(open.check(**identity, Action::subscribe, "news:1"));
  EXPECT_EQ(open.check(**identity, Action::publish, "news:1")->code, 103u);
  EXPECT_EQ(open.check(**identity, Action::history, "news:1")->code, 103u);
}

TEST(Authority, RulesSayWhoMayDoWhat) {
  const Authority authority(ChannelRules({{.pattern = "kept",
                                           .subscribe = Access::token,
                                           .publish = Access::subscribed,
                                           .history = 5,
                                           .presence = true},
                                          {"plain", Access::token, Access::token}}));
  const Identity nobody;
  const Identity somebody{.user = "u", .has_token = true};
  const auto allows =
      [&](const Identity& who, Action action, const char* channel, bool is_subscribed = false) {
        return !authority.check(who, action, channel, is_subscribed);
      };

  EXPECT_FALSE(allows(nobody, Action::subscribe, "kept"));
  EXPECT_TRUE(allows(somebody, Action::subscribe, "kept"));
  EXPECT_FALSE(allows(somebody, Action::publish, "kept"));
  EXPECT_TRUE(allows(somebody, Action::publish, "kept", true));
  EXPECT_TRUE(allows(somebody, Action::history, "kept"));
  EXPECT_TRUE(allows(somebody, Action::presence, "kept"));
  EXPECT_FALSE(allows(nobody, Action::history, "kept"));
  EXPECT_TRUE(allows(somebody, Action::publish, "plain"));
  EXPECT_FALSE(allows(somebody, Action::history, "plain"));
  EXPECT_FALSE(allows(somebody, Action::presence, "plain"));
}

TEST(Authority, CapabilitiesAllowWhatNoRuleOpens) {
  const Authority closed;
  const Identity somebody{
      .user = "u",
      .capabilities = {{.patterns = {"a:*"}, .actions = 1u << 0},
                       {.patterns = {"b:*"}, .is_exact = true, .actions = 1u << 1}},
      .has_token = true};

  EXPECT_FALSE(closed.check(somebody, Action::subscribe, "a:1"));
  EXPECT_TRUE(closed.check(somebody, Action::publish, "a:1"));
  EXPECT_TRUE(closed.check(somebody, Action::publish, "b:1"));
  EXPECT_FALSE(closed.check(somebody, Action::publish, "b:*"));
}

TEST(Authority, NobodyComesInWhereNothingIsOpen) {
  const auto identity = Authority().authenticate({}, 0);

  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, 101u);
}

}  // namespace
}  // namespace duplex::realtime
