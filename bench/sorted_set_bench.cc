// What does a place in the order of a sorted set cost, in and beyond the cache?
// Baseline: within one run, ten thousand members against a million.
// Decides: the size of the tree's nodes, and that leaves hold nothing but pointers.
#include "store/sorted_set.h"
#include "store/sorted_tree.h"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"

namespace {

using namespace duplex;

struct Destroy {
  void operator()(store::ScoredMember* member) const { store::ScoredMember::destroy(member); }
};
using Members = std::vector<std::unique_ptr<store::ScoredMember, Destroy>>;

// Members of sixteen bytes with random scores.
Members make_members(std::int64_t count) {
  base::Random random(1);
  Members members;
  members.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string digits = std::to_string(1'000'000'000 + i);
    members.emplace_back(store::ScoredMember::make(
        static_cast<double>(random.below(1'000'000'000)), "member" + digits));
  }
  return members;
}

void fill(store::SortedTree& tree, const Members& members) {
  for (const auto& member : members)
    tree.insert(member.get());
}

// One member out and in again: the tree's size stays.
void BM_SortedTree_erase_insert(benchmark::State& state) {
  const Members members = make_members(state.range(0));
  store::SortedTree tree;
  fill(tree, members);
  base::Random random(2);
  for (auto _ : state) {
    store::ScoredMember* member = members[random.below(members.size())].get();
    tree.erase(member);
    tree.insert(member);
  }
}
BENCHMARK(BM_SortedTree_erase_insert)->Arg(10'000)->Arg(1'000'000);

void BM_SortedTree_rank(benchmark::State& state) {
  const Members members = make_members(state.range(0));
  store::SortedTree tree;
  fill(tree, members);
  base::Random random(3);
  for (auto _ : state)
    benchmark::DoNotOptimize(tree.rank(members[random.below(members.size())].get()));
}
BENCHMARK(BM_SortedTree_rank)->Arg(10'000)->Arg(1'000'000);

void BM_SortedTree_at(benchmark::State& state) {
  const Members members = make_members(state.range(0));
  store::SortedTree tree;
  fill(tree, members);
  base::Random random(4);
  for (auto _ : state)
    benchmark::DoNotOptimize(tree.at(random.below(members.size())).member());
}
BENCHMARK(BM_SortedTree_at)->Arg(10'000)->Arg(1'000'000);

// A tree that grows from nothing, in a random order.
void BM_SortedTree_fill(benchmark::State& state) {
  const Members members = make_members(state.range(0));
  for (auto _ : state) {
    store::SortedTree tree;
    fill(tree, members);
    benchmark::DoNotOptimize(tree.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_SortedTree_fill)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

// The score of a member of a small sorted set that is one block of bytes.
void BM_SortedSet_change_packed(benchmark::State& state) {
  const store::EntryPtr entry = store::SortedSet::make("key", store::no_expiry);
  store::SortedSet set(*entry);
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    texts.push_back("member" + std::to_string(i));
  base::Random random(5);
  for (auto _ : state)
    set.put(texts[random.below(texts.size())], static_cast<double>(random.below(1000)));
}
BENCHMARK(BM_SortedSet_change_packed)->Arg(10)->Arg(128);

}  // namespace
