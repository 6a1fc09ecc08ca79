// Sorted trees: order, ranks, bounds, walking, and long random runs beside a std::set.
#include "store/sorted_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"

namespace duplex::store {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Destroy {
  void operator()(ScoredMember* member) const { ScoredMember::destroy(member); }
};
using MemberPtr = std::unique_ptr<ScoredMember, Destroy>;

struct InOrder {
  bool operator()(const ScoredMember* a, const ScoredMember* b) const {
    return a->score() != b->score() ? a->score() < b->score() : a->text() < b->text();
  }
};

// A tree that owns its members.
class Members {
 public:
  ScoredMember* add(double score, std::string_view text) {
    members_.emplace_back(ScoredMember::make(score, text));
    tree.insert(members_.back().get());
    return members_.back().get();
  }
  std::string all() const {
    std::string texts;
    for (auto at = tree.at(0); at; at.next())
      texts.append(at.member()->text()).append(" ");
    return texts;
  }

  SortedTree tree;

 private:
  std::vector<MemberPtr> members_;
};

TEST(SortedTree, IsEmptyAtFirst) {
  const SortedTree tree;
  EXPECT_EQ(tree.size(), 0u);
  EXPECT_FALSE(tree.at(0));
  EXPECT_EQ(tree.count_up_to(infinity), 0u);
  EXPECT_EQ(tree.memory_bytes(), 0u);
}

TEST(SortedTree, OrdersByScoreThenText) {
  Members m;
  m.add(2, "b");
  m.add(1, "z");
  m.add(2, "a");
  m.add(-infinity, "low");
  m.add(infinity, "high");
  m.add(2, "");
  m.add(2, "ab");
  m.add(2, std::string_view("\xff", 1));
  EXPECT_EQ(m.all(), "low z  a ab b \xff high ");
}

TEST(SortedTree, AnswersRanks) {
  Members m;
  std::vector<ScoredMember*> added;
  for (int i = 0; i < 1000; ++i)
    added.push_back(m.add(i / 3, "m" + std::to_string(100 + i % 3)));
  for (std::size_t i = 0; i < added.size(); ++i) {
    EXPECT_EQ(m.tree.rank(added[i]), i);
    EXPECT_EQ(m.tree.at(i).member(), added[i]);
  }
  EXPECT_FALSE(m.tree.at(1000));
}

TEST(SortedTree, CountsByScore) {
  Members m;
  for (int i = 0; i < 900; ++i)
    m.add(i / 9, std::to_string(i));
  EXPECT_EQ(m.tree.count_below(50.0), 450u);
  EXPECT_EQ(m.tree.count_up_to(50.0), 459u);
  EXPECT_EQ(m.tree.count_below(50.5), 459u);
  EXPECT_EQ(m.tree.count_below(-infinity), 0u);
  EXPECT_EQ(m.tree.count_up_to(infinity), 900u);
  EXPECT_EQ(m.tree.count_below(0.0), m.tree.count_below(-0.0));
}

TEST(SortedTree, CountsByText) {
  Members m;
  for (char c = 'a'; c <= 'z'; ++c)
    for (char d = 'a'; d <= 'z'; ++d)
      m.add(0, std::string{c, d});
  EXPECT_EQ(m.tree.count_below("c"), 52u);
  EXPECT_EQ(m.tree.count_below("ca"), 52u);
  EXPECT_EQ(m.tree.count_up_to("ca"), 53u);
  EXPECT_EQ(m.tree.count_up_to("~"), 676u);
}

TEST(SortedTree, WalksBothWays) {
  Members m;
  for (int i = 0; i < 500; ++i)
    m.add(i, "x");
  auto at = m.tree.at(0);
  for (int i = 0; i < 500; ++i, at.next())
    ASSERT_EQ(at.member()->score(), i);
  EXPECT_FALSE(at);
  at = m.tree.at(499);
  for (int i = 499; i >= 0; --i, at.previous())
    ASSERT_EQ(at.member()->score(), i);
  EXPECT_FALSE(at);
}

TEST(SortedTree, ChangesScores) {
  Members m;
  std::vector<ScoredMember*> added;
  for (int i = 0; i < 300; ++i)
    added.push_back(m.add(i, "x" + std::to_string(i)));
  m.tree.change_score(added[0], 0.5);      // keeps its place
  m.tree.change_score(added[100], 1000);   // to the end
  m.tree.change_score(added[200], -1000);  // to the front
  EXPECT_EQ(m.tree.rank(added[0]), 1u);
  EXPECT_EQ(m.tree.rank(added[100]), 299u);
  EXPECT_EQ(m.tree.rank(added[200]), 0u);
  EXPECT_EQ(m.tree.count_below(0.0), 1u);
  EXPECT_EQ(m.tree.size(), 300u);
}

TEST(SortedTree, FillsItsNodesWhenMembersComeInOrder) {
  for (const int step : {1, -1}) {
    Members m;
    for (int i = 0; i < 20'000; ++i)
      m.add(i * step, "x");
    // Eight bytes are a member's pointer.
    EXPECT_LT(m.tree.memory_bytes(), 20'000 * 9.5) << step;
  }
}

TEST(SortedTree, GivesMemoryBack) {
  Members m;
  std::vector<ScoredMember*> added;
  for (int i = 0; i < 10'000; ++i)
    added.push_back(m.add(i * 7919 % 10'000, "x"));
  const std::size_t full = m.tree.memory_bytes();
  for (int i = 0; i < 9'900; ++i)
    m.tree.erase(added[static_cast<std::size_t>(i)]);
  EXPECT_LT(m.tree.memory_bytes(), full / 8);
  for (int i = 9'900; i < 10'000; ++i)
    m.tree.erase(added[static_cast<std::size_t>(i)]);
  EXPECT_EQ(m.tree.memory_bytes(), 0u);
  EXPECT_EQ(m.tree.size(), 0u);
}

// A tree and the set it should equal.
class Run {
 public:
  Run(std::uint64_t seed, std::uint64_t scores) : random_(seed), scores_(scores) {}
  ~Run() {
    for (ScoredMember* member : model_)
      ScoredMember::destroy(member);
  }

  void step(std::uint64_t growth) {
    const std::uint64_t roll = random_.below(100);
    if (roll < growth)
      insert();
    else if (roll < growth + 10)
      change();
    else
      erase();
  }

  void check() {
    ASSERT_EQ(tree_.size(), model_.size());
    auto at = tree_.at(0);
    std::size_t rank = 0;
    for (ScoredMember* member : model_) {
      ASSERT_TRUE(at);
      ASSERT_EQ(at.member(), member);
      if (rank % 17 == 0) {
        ASSERT_EQ(tree_.rank(member), rank);
        ASSERT_EQ(tree_.at(rank).member(), member);
      }
      at.next();
      ++rank;
    }
    ASSERT_FALSE(at);
    if (!model_.empty()) {
      at = tree_.at(model_.size() - 1);
      for (auto it = model_.rbegin(); it != model_.rend(); ++it, at.previous())
        ASSERT_EQ(at.member(), *it);
    }
    for (int i = 0; i < 20; ++i)
      check_counts(score());
  }

 private:
  double score() {
    const std::uint64_t roll = random_.below(50);
    if (roll == 0) return infinity;
    if (roll == 1) return -infinity;
    return static_cast<double>(random_.below(scores_)) / 2 - static_cast<double>(scores_ / 4);
  }
  ScoredMember* some() {
    const std::size_t rank = random_.below(model_.size());
    return tree_.at(rank).member();
  }
  void insert() {
    // The length of texts varies, so that one is the beginning of another.
    std::string text = std::to_string(random_.next());
    text.resize(random_.below(text.size() + 1));
    ScoredMember* member = ScoredMember::make(score(), text);
    if (!model_.insert(member).second) return ScoredMember::destroy(member);
    tree_.insert(member);
  }
  void erase() {
    if (model_.empty()) return;
    ScoredMember* member = some();
    model_.erase(member);
    tree_.erase(member);
    ScoredMember::destroy(member);
  }
  void change() {
    if (model_.empty()) return;
    ScoredMember* member = some();
    const double to = random_.below(2) == 0 ? score() : member->score() + 0.5;
    const MemberPtr changed(ScoredMember::make(to, member->text()));
    if (model_.contains(changed.get())) return;
    model_.erase(member);
    tree_.change_score(member, to);
    model_.insert(member);
  }
  void check_counts(double score) {
    const auto below = std::ranges::count_if(
        model_, [&](const ScoredMember* member) { return member->score() < score; });
    const auto up_to = std::ranges::count_if(
        model_, [&](const ScoredMember* member) { return member->score() <= score; });
    ASSERT_EQ(tree_.count_below(score), static_cast<std::size_t>(below));
    ASSERT_EQ(tree_.count_up_to(score), static_cast<std::size_t>(up_to));
  }

  base::Random random_;
  std::uint64_t scores_;
  SortedTree tree_;
  std::set<ScoredMember*, InOrder> model_;
};

void run(std::uint64_t seed, std::uint64_t scores, int steps) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(scores) + " scores");
  Run run(seed, scores);
  for (const std::uint64_t growth : {85u, 45u, 10u, 60u, 0u}) {
    for (int step = 0; step < steps; ++step) {
      run.step(growth);
      if (step % 2000 == 0) run.check();
      if (::testing::Test::HasFatalFailure()) return;
    }
    run.check();
  }
}

TEST(SortedTreeModel, EqualsASetWithFewMembers) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    run(seed, 10, 150);
}

TEST(SortedTreeModel, EqualsASetWithOneScore) { run(21, 1, 10'000); }

TEST(SortedTreeModel, EqualsASetWithManyScores) { run(22, 100'000, 20'000); }

TEST(SortedTreeModel, EqualsASetWithSharedScores) { run(23, 50, 20'000); }

}  // namespace
}  // namespace duplex::store
