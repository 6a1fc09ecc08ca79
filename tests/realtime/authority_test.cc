// Who is let in, and to what.
#include "realtime/authority.h"

#include <gtest/gtest.h>

namespace duplex::realtime {
namespace {

TEST(Authority, AnonymousClientsComeInWhenSomethingIsOpenToThem) {
  const Authority open(ChannelRules({{"news:*", true, false}}));
  const auto identity = open.authenticate({}, 0);

  ASSERT_TRUE(identity);
  EXPECT_TRUE((*identity)->is_anonymous());
  EXPECT_FALSE(open.check(**identity, Action::subscribe, "news:1"));
  EXPECT_EQ(open.check(**identity, Action::publish, "news:1")->code, 103u);
  EXPECT_EQ(open.check(**identity, Action::history, "news:1")->code, 103u);
}

TEST(Authority, NobodyComesInWhereNothingIsOpen) {
  const auto identity = Authority().authenticate({}, 0);

  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().code, 101u);
}

}  // namespace
}  // namespace duplex::realtime
