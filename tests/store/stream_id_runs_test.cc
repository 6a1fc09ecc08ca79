// Items in the order of their ids, against a set.
#include "store/stream_id_runs.h"

#include "base/random.h"

#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <vector>

namespace duplex::store {
namespace {

using Runs = StreamIdRuns<StreamId>;
using Model = std::set<StreamId>;

std::vector<StreamId> contents(const Runs& runs) {
  std::vector<StreamId> all;
  for (const StreamId& id : runs)
    all.push_back(id);
  return all;
}

void expect_equal(const Runs& runs, const Model& model) {
  ASSERT_EQ(runs.size(), model.size());
  ASSERT_EQ(contents(runs), std::vector<StreamId>(model.begin(), model.end()));
  if (model.empty()) return;
  ASSERT_EQ(runs.front(), *model.begin());
  ASSERT_EQ(runs.back(), *model.rbegin());
}

TEST(StreamIdRuns, behave_as_a_set) {
  base::Random random(11);
  Runs runs;
  Model model;
  for (int step = 0; step < 40000; ++step) {
    // Grows for a while, shrinks for a while; mostly at the ends, as pending entries do.
    const bool grows = step / 5000 % 2 == 0;
    StreamId id{random.below(3000), random.below(2)};
    const std::uint64_t where = random.below(4);
    if (where == 0 && !model.empty()) id = *model.begin();
    if (where == 1 && !model.empty()) id = model.rbegin()->next();
    if (random.below(10) < (grows ? 7u : 3u)) {
      const auto [item, is_new] = runs.insert(id);
      ASSERT_EQ(*item, id);
      ASSERT_EQ(is_new, model.insert(id).second);
    } else {
      ASSERT_EQ(runs.erase(id), model.erase(id) == 1);
    }
    const StreamId wanted{random.below(3000), random.below(2)};
    ASSERT_EQ(runs.find(wanted) != nullptr, model.contains(wanted));
    const auto at = runs.lower_bound(wanted);
    const auto expected = model.lower_bound(wanted);
    ASSERT_EQ(at == runs.end(), expected == model.end());
    if (expected != model.end()) {
      ASSERT_EQ(*at, *expected);
    }
    if (step % 500 == 0) expect_equal(runs, model);
  }
  expect_equal(runs, model);
  const Runs copy = runs;
  while (!runs.empty())
    ASSERT_TRUE(runs.erase(runs.front()));
  EXPECT_TRUE(runs.begin() == runs.end());
  expect_equal(copy, model);
}

TEST(StreamIdRuns, take_little_more_than_their_items) {
  Runs runs;
  for (std::uint64_t i = 0; i < 6400; ++i)
    runs.insert({i, 0});
  EXPECT_LT(runs.memory_bytes(), 6400 * sizeof(StreamId) * 12 / 10);
}

}  // namespace
}  // namespace duplex::store
