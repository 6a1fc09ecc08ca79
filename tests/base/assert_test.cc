// How a broken expectation ends the process.
#include "base/assert.h"

#include <gtest/gtest.h>

namespace duplex::base {
namespace {

TEST(Assert, SaysNothingWhenTheConditionHolds) { DUPLEX_ASSERT(1 + 1 == 2); }

TEST(AssertDeathTest, NamesTheConditionAndTheFile) {
  EXPECT_DEATH(DUPLEX_ASSERT(1 + 1 == 3), "DUPLEX BUG: .*assert_test.cc:[0-9]+: expected 1 \\+ 1");
}

TEST(AssertDeathTest, DearChecksCountInDebugBuildsOnly) {
  EXPECT_DEBUG_DEATH(DUPLEX_DCHECK(1 + 1 == 3), "DUPLEX BUG");
}

TEST(Assert, EvaluatesItsConditionOnce) {
  int evaluations = 0;

  DUPLEX_ASSERT(++evaluations == 1);

  EXPECT_EQ(evaluations, 1);
}

}  // namespace
}  // namespace duplex::base
