// Rates and bursts.
#include "realtime/token_bucket.h"

#include <gtest/gtest.h>

namespace duplex::realtime {
namespace {

TEST(TokenBucket, RefillsWithTimeUpToItsBurst) {
  const Rate rate{.per_second = 2, .burst = 2};
  TokenBucket bucket(rate, 1000);

  EXPECT_TRUE(bucket.take(rate, 1000));
  EXPECT_TRUE(bucket.take(rate, 1000));
  EXPECT_FALSE(bucket.take(rate, 1499));
  EXPECT_TRUE(bucket.take(rate, 1500));
  EXPECT_FALSE(bucket.take(rate, 1200));  // a clock that steps back gives nothing
  EXPECT_TRUE(bucket.take(rate, 100000));
  EXPECT_TRUE(bucket.take(rate, 100000));
  EXPECT_FALSE(bucket.take(rate, 100000));
}

}  // namespace
}  // namespace duplex::realtime
