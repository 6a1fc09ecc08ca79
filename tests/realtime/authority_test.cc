// Who is let in, and to what.
#include "realtime/authority.h"

#include "realtime/token.h"
#include "realtime/token_maker.h"

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

Authority trusting(ChannelRules rules) {
  const auto keyring = std::make_shared<TokenKeyring>();
  keyring->replace({.keys = {*TokenKey::secret(test_secret)}, .audience = {}, .issuer = {}});
  return Authority(std::move(rules), keyring);
}

constexpr std::int64_t now_ms = 1'700'000'000'000;

TEST(Authority, TokensLetClientsIn) {
  const Authority authority = trusting({});

  EXPECT_EQ((*authority.authenticate(make_token(R"({"sub":"ann"})"), now_ms))->user, "ann");
  EXPECT_EQ(authority.authenticate({}, now_ms).error().code, 101u);
  EXPECT_EQ(authority.authenticate(make_token(R"({"exp":5})"), now_ms).error().code, 109u);
  EXPECT_EQ(authority.authenticate("x", now_ms).error().code, 3500u);
  EXPECT_EQ(authority.authenticate(make_token(R"({"channel":"$a"})"), now_ms).error().code, 3500u);
  EXPECT_EQ(Authority().authenticate(make_token("{}"), now_ms).error().code, 3500u);
}

TEST(Authority, KeysMayChange) {
  const auto keyring = std::make_shared<TokenKeyring>();
  const Authority authority({}, keyring);
  EXPECT_FALSE(authority.authenticate(make_token("{}"), now_ms));

  keyring->replace({.keys = {*TokenKey::secret(test_secret)}, .audience = {}, .issuer = {}});
  EXPECT_TRUE(authority.authenticate(make_token("{}"), now_ms));
}

TEST(Authority, PrivateChannelsNeedATokenOfTheirOwn) {
  const Authority authority = trusting(ChannelRules({{"*", Access::anonymous, Access::anonymous}}));
  const Identity ann{.user = "ann", .has_token = true};
  const auto code = [&](std::string_view token) {
    const auto grant = authority.check_channel_token(ann, "$a", token, now_ms);
    return grant ? 0u : grant.error().code;
  };

  EXPECT_EQ(authority.check(ann, Action::subscribe, "$a")->code, 103u);
  EXPECT_EQ(code(""), 103u);
  EXPECT_EQ(code(make_token(R"({"sub":"ann","channel":"$a"})")), 0u);
  EXPECT_EQ(code(make_token(R"({"sub":"bob","channel":"$a"})")), 3500u);
  EXPECT_EQ(code(make_token(R"({"sub":"ann","channel":"$b"})")), 3500u);
  EXPECT_EQ(code(make_token(R"({"sub":"ann"})")), 3500u);
  EXPECT_EQ(code(make_token(R"({"sub":"ann","channel":"$a","exp":5})")), 109u);
}

TEST(Authority, NobodyComesInWhereNothingIsOpen) {
  const auto identity = Authority().authenticate({}, 0);

  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, 101u);
}

}  // namespace
}  // namespace duplex::realtime
