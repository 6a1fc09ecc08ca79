// Sorted sets: both ways of keeping them, the step between, and random runs beside a std::map.
#include "store/sorted_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "store/packed_limits.h"

namespace duplex::store {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string all(const SortedSet& set, bool reverse = false) {
  std::string texts;
  set.visit({0, set.size()}, reverse, [&](std::string_view text, double score) {
    texts.append(text).append("=").append(base::format_double(score)).append(" ");
  });
  return texts;
}

// An entry with members m0, m1, … whose scores are their numbers.
EntryPtr numbered(int count) {
  EntryPtr entry = SortedSet::make("key", no_expiry);
  SortedSet set(*entry);
  for (int i = 0; i < count; ++i)
    set.put("m" + std::to_string(i), i);
  return entry;
}

// Both encodings have to answer the same.
class SortedSetTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { packed_limits().zset_entries = GetParam(); }
  void TearDown() override { packed_limits().zset_entries = 128; }
};
INSTANTIATE_TEST_SUITE_P(PackedAndRanked, SortedSetTest, testing::Values(128, 0));

TEST_P(SortedSetTest, KeepsMembersInOrder) {
  const EntryPtr entry = SortedSet::make("key", no_expiry);
  SortedSet set(*entry);
  EXPECT_TRUE(set.is_empty());
  set.put("b", 2);
  set.put("12", 2);
  set.put("a", 2.5);
  set.put("low", -infinity);
  set.put("high", infinity);
  set.put("", 2);
  EXPECT_EQ(all(set), "low=-inf =2 12=2 b=2 a=2.5 high=inf ");
  EXPECT_EQ(all(set, true), "high=inf a=2.5 b=2 12=2 =2 low=-inf ");
  set.put("b", 1e300);
  set.put("a", -0.1);
  EXPECT_EQ(all(set), "low=-inf a=-0.1 =2 12=2 b=1e+300 high=inf ");
  EXPECT_EQ(set.size(), 6u);
  EXPECT_EQ(set.score("12"), 2);
  EXPECT_EQ(set.score("13"), std::nullopt);
}

TEST_P(SortedSetTest, AnswersRanksAndErases) {
  const EntryPtr entry = numbered(20);
  SortedSet set(*entry);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(set.rank(set.find("m" + std::to_string(i))), static_cast<std::size_t>(i));
  set.erase(set.find("m3"));
  EXPECT_FALSE(set.find("m3").is_there);
  EXPECT_EQ(set.rank(set.find("m4")), 3u);
  set.erase(RankRange{1, 17});
  EXPECT_EQ(all(set), "m0=0 m19=19 ");
  set.erase(RankRange{0, 2});
  EXPECT_TRUE(set.is_empty());
}

TEST_P(SortedSetTest, FindsRangesOfScores) {
  const EntryPtr entry = numbered(20);
  const SortedSet set(*entry);
  const auto found = [&](ScoreRange range) { return set.find(range); };
  EXPECT_EQ(found({.min = 3, .max = 5}), (RankRange{3, 3}));
  EXPECT_EQ(found({.min = 3, .max = 5, .min_excluded = true}), (RankRange{4, 2}));
  EXPECT_EQ(found({.min = 3, .max = 5, .max_excluded = true}), (RankRange{3, 2}));
  EXPECT_EQ(found({.min = -infinity, .max = infinity}), (RankRange{0, 20}));
  EXPECT_EQ(found({.min = 5, .max = 3}).count, 0u);
  EXPECT_EQ(found({.min = 5, .max = 5, .max_excluded = true}).count, 0u);
  EXPECT_EQ(found({.min = 30, .max = 40}).count, 0u);
}

TEST_P(SortedSetTest, FindsRangesOfTexts) {
  const EntryPtr entry = SortedSet::make("key", no_expiry);
  SortedSet set(*entry);
  for (const std::string_view text : {"a", "aa", "b", "c", "d"})
    set.put(text, 0);
  const auto found = [&](TextBound min, TextBound max) { return set.find(TextRange{min, max}); };
  const TextBound lowest{.kind = TextBound::Kind::lowest};
  const TextBound highest{.kind = TextBound::Kind::highest};
  EXPECT_EQ(found(lowest, highest), (RankRange{0, 5}));
  EXPECT_EQ(found(highest, lowest).count, 0u);
  EXPECT_EQ(found({.text = "a"}, {.text = "b"}), (RankRange{0, 3}));
  EXPECT_EQ(found({.text = "a", .excluded = true}, {.text = "b", .excluded = true}),
            (RankRange{1, 1}));
  EXPECT_EQ(found({.text = "bb"}, highest), (RankRange{3, 2}));
}

TEST_P(SortedSetTest, ScansEverything) {
  const EntryPtr entry = numbered(100);
  const SortedSet set(*entry);
  std::vector<std::string> texts;
  std::uint64_t cursor = 0;
  do {
    cursor = set.scan(
        cursor, 10, [&](std::string_view text, double) { texts.emplace_back(text); });
  } while (cursor != 0);
  std::ranges::sort(texts);
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  EXPECT_EQ(texts.size(), 100u);
}

TEST_P(SortedSetTest, IsCopiedWhole) {
  const EntryPtr entry = numbered(100);
  const EntryPtr twin = entry->copy("twin");
  SortedSet copy(*twin);
  EXPECT_EQ(all(SortedSet(*entry)), all(copy));
  copy.erase(RankRange{0, 100});
  EXPECT_EQ(SortedSet(*entry).size(), 100u);
  EXPECT_GT(entry->memory_bytes(), 100u * 3);
}

TEST(SortedSet, IsConvertedWhenItHasTooManyMembers) {
  const EntryPtr entry = numbered(128);
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
  EXPECT_TRUE(SortedSet(*entry).packed_bytes());
  SortedSet(*entry).put("m5", 1000);
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
  SortedSet(*entry).put("one more", 0.5);
  EXPECT_EQ(entry->encoding(), Encoding::skiplist);
  EXPECT_FALSE(SortedSet(*entry).packed_bytes());
  EXPECT_EQ(SortedSet(*entry).size(), 129u);
  EXPECT_EQ(SortedSet(*entry).rank(SortedSet(*entry).find("one more")), 1u);
}

TEST(SortedSet, IsConvertedWhenAMemberIsLong) {
  const EntryPtr entry = numbered(3);
  SortedSet(*entry).put(std::string(64, 'x'), 0);
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
  SortedSet(*entry).put(std::string(65, 'x'), 0);
  EXPECT_EQ(entry->encoding(), Encoding::skiplist);
}

TEST(SortedSet, KeepsScoresOfAllKindsInAListpack) {
  const EntryPtr entry = SortedSet::make("key", no_expiry);
  SortedSet set(*entry);
  const std::vector<double> scores{0,        -1,        0.1,      1e100,
                                   -1e-100,  infinity,  -infinity, 4503599627370497.0,
                                   9.2e18,   9007199254740993.0,  5e-324};
  for (std::size_t i = 0; i < scores.size(); ++i)
    set.put(std::to_string(i), scores[i]);
  for (std::size_t i = 0; i < scores.size(); ++i)
    EXPECT_EQ(set.score(std::to_string(i)), scores[i]);
  ASSERT_TRUE(set.packed_bytes());
  EXPECT_TRUE(SortedSet::is_sorted_set(ListpackView(set.packed_bytes()->data())));
}

TEST(SortedSet, RefusesListpacksThatAreNone) {
  const auto is_sorted_set = [](std::initializer_list<std::string_view> elements) {
    Listpack list;
    for (const std::string_view element : elements)
      list.append(element);
    return SortedSet::is_sorted_set(list);
  };
  EXPECT_TRUE(is_sorted_set({}));
  EXPECT_TRUE(is_sorted_set({"a", "1", "b", "1", "0", "2.5"}));
  EXPECT_FALSE(is_sorted_set({"a"}));
  EXPECT_FALSE(is_sorted_set({"a", "x"}));
  EXPECT_FALSE(is_sorted_set({"a", ""}));
  EXPECT_FALSE(is_sorted_set({"a", "nan"}));
  EXPECT_FALSE(is_sorted_set({"b", "1", "a", "1"}));
  EXPECT_FALSE(is_sorted_set({"a", "2", "b", "1"}));
  EXPECT_FALSE(is_sorted_set({"a", "1", "b", "2", "a", "3"}));
}

TEST(SortedSet, TakesOverAListpack) {
  Listpack list;
  for (const std::string_view element : {"a", "1", "b", "1.5"})
    list.append(element);
  const EntryPtr entry = SortedSet::from_packed("key", std::move(list), no_expiry);
  EXPECT_EQ(all(SortedSet(*entry)), "a=1 b=1.5 ");
  EXPECT_EQ(entry->encoding(), Encoding::listpack);
}

// A sorted set and the map it should equal.
class Run {
 public:
  Run(std::uint64_t seed, std::uint64_t members) : random_(seed), members_(members) {}

  void step(std::uint64_t growth) {
    SortedSet set(*entry_);
    const std::string text = std::to_string(random_.below(members_));
    const SortedSet::Place place = set.find(text);
    const auto known = model_.find(text);
    ASSERT_EQ(place.is_there, known != model_.end()) << text;
    if (place.is_there) {
      ASSERT_EQ(place.score, known->second);
    }
    if (random_.below(100) < growth) {
      const double score = static_cast<double>(random_.below(100)) / 4;
      set.put(text, score);
      model_[text] = score;
    } else if (place.is_there && random_.below(10) != 0) {
      set.erase(place);
      model_.erase(text);
    } else if (!set.is_empty()) {
      const std::size_t first = random_.below(set.size());
      const RankRange range{first, std::min<std::size_t>(set.size() - first, random_.below(4))};
      set.visit(range, false, [&](std::string_view member, double) {
        model_.erase(std::string(member));
      });
      set.erase(range);
    }
  }

  void check() {
    SortedSet set(*entry_);
    std::vector<std::pair<double, std::string>> sorted;
    for (const auto& [text, score] : model_)
      sorted.emplace_back(score, text);
    std::ranges::sort(sorted);
    ASSERT_EQ(set.size(), sorted.size());
    std::size_t rank = 0;
    set.visit_all([&](std::string_view text, double score) {
      ASSERT_EQ(text, sorted[rank].second);
      ASSERT_EQ(score, sorted[rank].first);
      ++rank;
    });
    for (std::size_t i = 0; i < sorted.size(); i += 7)
      ASSERT_EQ(set.rank(set.find(sorted[i].second)), i);
    if (set.size() > 128) {
      ASSERT_EQ(entry_->encoding(), Encoding::skiplist);
    }
  }

 private:
  base::Random random_;
  std::uint64_t members_;
  EntryPtr entry_ = SortedSet::make("key", no_expiry);
  std::map<std::string, double> model_;
};

void run(std::uint64_t seed, std::uint64_t members, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(members) + " members");
  Run run(seed, members);
  for (const std::uint64_t growth : {90u, 50u, 10u, 70u, 0u}) {
    for (int step = 0; step < steps; ++step) {
      run.step(growth);
      if (step % 500 == 0) run.check();
      if (::testing::Test::HasFatalFailure()) return;
    }
    run.check();
  }
}

TEST(SortedSetModel, EqualsAMapWhileSmall) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    run(seed, 60, 300);
}

TEST(SortedSetModel, EqualsAMapAcrossTheThreshold) {
  for (std::uint64_t seed = 11; seed <= 16; ++seed)
    run(seed, 200, 1000);
}

TEST(SortedSetModel, EqualsALargeMap) { run(17, 20'000, 15'000); }

}  // namespace
}  // namespace duplex::store
