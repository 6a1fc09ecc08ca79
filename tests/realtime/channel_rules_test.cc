// Rules about channels: their text, and which one decides.
#include "realtime/channel_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace duplex::realtime {
namespace {

std::expected<ChannelRule, std::string> parse(const std::vector<std::string>& options) {
  return parse_channel_rule("a:*", options);
}

std::string refusal(const std::string& option) {
  const auto rule = parse({option});
  return rule ? "accepted" : rule.error();
}

TEST(ChannelRule, ReadsEveryOption) {
  const auto rule = parse({"history=100",
                           "ttl=300s",
                           "presence=yes",
                           "joinleave=yes",
                           "sub=jwt",
                           "pub=sub",
                           "slow=drop-oldest",
                           "persist=no"});

  ASSERT_TRUE(rule);
  EXPECT_EQ(*rule,
            (ChannelRule{.pattern = "a:*",
                         .subscribe = Access::token,
                         .publish = Access::subscribed,
                         .history = 100,
                         .ttl_ms = 300'000,
                         .presence = true,
                         .join_leave = true,
                         .slow = SlowPolicy::drop_oldest,
                         .persist = false}));
}

TEST(ChannelRule, WritesWhatItReads) {
  EXPECT_EQ(format_channel_options(*parse({})), "sub=none pub=none");
  const std::string all =
      "sub=jwt pub=sub history=100 ttl=5m presence=yes joinleave=yes slow=resync "
      "persist=no";
  std::vector<std::string> options;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(' ', at), all.size());
    options.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  EXPECT_EQ(format_channel_options(*parse(options)), all);
}

TEST(ChannelRule, SaysWhatIsWrong) {
  using ::testing::HasSubstr;
  EXPECT_THAT(refusal("sub=sub"), HasSubstr("'sub' must be none, anon or jwt"));
  EXPECT_THAT(refusal("pub=all"), HasSubstr("'pub' must be none, anon, jwt or sub"));
  EXPECT_THAT(refusal("history=-1"), HasSubstr("'history' must be a number"));
  EXPECT_THAT(refusal("history=1000001"), HasSubstr("from 0 to 1000000"));
  EXPECT_THAT(refusal("ttl=300"), HasSubstr("'ttl' must be a time"));
  EXPECT_THAT(refusal("ttl=99999999999999999d"), HasSubstr("'ttl' must be a time"));
  EXPECT_THAT(refusal("ttl=5s"), HasSubstr("needs 'history'"));
  EXPECT_THAT(refusal("presence=1"), HasSubstr("'presence' must be yes or no"));
  EXPECT_THAT(refusal("persist=yes"), HasSubstr("'persist' must be aof or no"));
  EXPECT_THAT(refusal("slow=never"), HasSubstr("'slow' must be disconnect, drop-oldest"));
  EXPECT_THAT(refusal("slow=resync"), HasSubstr("needs 'history'"));
  EXPECT_THAT(refusal("rate=20/s"), HasSubstr("unknown channel option 'rate'"));
  EXPECT_THAT(refusal("colour=red"), HasSubstr("unknown channel option 'colour'"));
  EXPECT_THAT(parse_channel_rule("", {}).error(), HasSubstr("pattern is missing"));
}

TEST(ChannelRule, SlowClientsRecoverWhereThereIsHistory) {
  EXPECT_EQ(parse({})->slow_policy(), SlowPolicy::disconnect);
  EXPECT_EQ(parse({"history=1"})->slow_policy(), SlowPolicy::resync);
  EXPECT_EQ(parse({"history=1", "slow=conflate"})->slow_policy(), SlowPolicy::conflate);
}

TEST(ChannelRules, FirstMatchingRuleDecides) {
  const ChannelRules rules(
      {{"a:*", Access::anonymous}, {"a:b", Access::token}, {"x", Access::none}});

  EXPECT_EQ(rules.find("a:b")->subscribe, Access::anonymous);
  EXPECT_EQ(rules.find("x")->subscribe, Access::none);
  EXPECT_EQ(rules.find("y"), nullptr);
}

TEST(ChannelRules, KnowWhetherAnythingIsOpenToEverybody) {
  EXPECT_FALSE(ChannelRules().open_to_anonymous());
  EXPECT_FALSE(ChannelRules({{"b", Access::token, Access::subscribed}}).open_to_anonymous());
  EXPECT_TRUE(ChannelRules({{"b", Access::none, Access::anonymous}}).open_to_anonymous());
}

}  // namespace
}  // namespace duplex::realtime
