// Which channels are open to whom.
#include "realtime/channel_rules.h"

#include <gtest/gtest.h>

namespace duplex::realtime {
namespace {

TEST(ChannelRules, FirstMatchingRuleDecides) {
  const ChannelRules rules({{"a:*", true, false}, {"a:b", true, true}, {"x", false, true}});

  EXPECT_TRUE(rules.may_subscribe("a:b"));
  EXPECT_FALSE(rules.may_publish("a:b"));
  EXPECT_FALSE(rules.may_subscribe("x"));
  EXPECT_TRUE(rules.may_publish("x"));
}

TEST(ChannelRules, WhatNoRuleOpensIsClosed) {
  EXPECT_FALSE(ChannelRules().may_subscribe("a"));
  EXPECT_FALSE(ChannelRules().may_publish("a"));
  EXPECT_FALSE(ChannelRules({{"b", true, true}}).may_subscribe("a"));
  EXPECT_FALSE(ChannelRules().open_to_anonymous());
  EXPECT_FALSE(ChannelRules({{"b", false, false}}).open_to_anonymous());
  EXPECT_TRUE(ChannelRules({{"b", false, true}}).open_to_anonymous());
}

}  // namespace
}  // namespace duplex::realtime
