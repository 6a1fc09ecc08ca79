// What do a table and its lock cost a command, in and beyond the cache?
// Baseline: within one run, the small table against the large one, and one thread against two.
// Decides: the size of groups and pages, and how many shards there are.
#include "base/random.h"
#include "store/keyspace.h"
#include "store/shard_lock.h"
#include "store/table.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <time.h>
#include <utility>
#include <vector>

namespace {

using namespace duplex;

std::vector<std::string> make_keys(std::int64_t count) {
  std::vector<std::string> keys;
  keys.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i)
    keys.push_back("key:" + std::to_string(i));
  return keys;
}

void insert(store::Table& table, const std::string& key) {
  table.insert(store::HashedKey(key), store::Entry::make_string(key, "a value", store::no_expiry));
}

void BM_Table_find(benchmark::State& state) {
  const std::vector<std::string> keys = make_keys(state.range(0));
  store::Table table;
  for (const std::string& key : keys)
    insert(table, key);
  base::Random random(1);
  for (auto _ : state)
    benchmark::DoNotOptimize(table.find(store::HashedKey(keys[random.below(keys.size())])));
}
BENCHMARK(BM_Table_find)->Arg(1000)->Arg(100'000);

void BM_Table_find_nothing(benchmark::State& state) {
  const std::vector<std::string> keys = make_keys(2 * state.range(0));
  store::Table table;
  const std::size_t half = keys.size() / 2;
  for (std::size_t i = 0; i < half; ++i)
    insert(table, keys[i]);
  base::Random random(2);
  for (auto _ : state)
    benchmark::DoNotOptimize(table.find(store::HashedKey(keys[half + random.below(half)])));
}
BENCHMARK(BM_Table_find_nothing)->Arg(1000)->Arg(100'000);

// A table that grows from nothing; its end is not measured.
void BM_Table_fill(benchmark::State& state) {
  const std::vector<std::string> keys = make_keys(state.range(0));
  for (auto _ : state) {
    auto table = std::make_unique<store::Table>();
    for (const std::string& key : keys)
      insert(*table, key);
    state.PauseTiming();
    table.reset();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Table_fill)->Arg(1000)->Arg(100'000);

// The longest of all inserts while a keyspace is filled, in the thread's own time, so that what
// other programs take is left out, and by the clock on the wall. A million keys; DUPLEX_FILL_KEYS
// for more.
void BM_Keyspace_longest_insert(benchmark::State& state) {
  const char* const asked = std::getenv("DUPLEX_FILL_KEYS");
  const std::int64_t count = asked == nullptr ? 1'000'000 : std::atoll(asked);
  const auto now_us = [](clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
  };
  double longest_cpu_us = 0;
  double longest_wall_us = 0;
  for (auto _ : state) {
    store::Keyspace keyspace(1);
    store::ShardLock lock(keyspace);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::string name = "key:" + std::to_string(i);
      const double wall_us = now_us(CLOCK_MONOTONIC);
      const double cpu_us = now_us(CLOCK_THREAD_CPUTIME_ID);
      const store::HashedKey key(name);
      lock.lock(key);
      lock.insert(
          0,
          key,
          store::Entry::make_string(name, "thirty-two bytes, as in the bars.", store::no_expiry));
      lock.unlock();
      longest_cpu_us = std::max(longest_cpu_us, now_us(CLOCK_THREAD_CPUTIME_ID) - cpu_us);
      longest_wall_us = std::max(longest_wall_us, now_us(CLOCK_MONOTONIC) - wall_us);
    }
  }
  state.counters["longest_cpu_us"] = longest_cpu_us;
  state.counters["longest_wall_us"] = longest_wall_us;
}
BENCHMARK(BM_Keyspace_longest_insert)->Iterations(1)->Unit(benchmark::kMillisecond);

// One key out and in again: the table's size stays.
void BM_Table_erase_and_insert(benchmark::State& state) {
  const std::vector<std::string> keys = make_keys(state.range(0));
  store::Table table;
  for (const std::string& key : keys)
    insert(table, key);
  base::Random random(3);
  for (auto _ : state) {
    const store::HashedKey key(keys[random.below(keys.size())]);
    store::EntryPtr entry = table.erase(table.find(key), key.hash);
    table.insert(key, std::move(entry));
  }
}
BENCHMARK(BM_Table_erase_and_insert)->Arg(1000)->Arg(100'000);

void BM_ShardLock_one_key(benchmark::State& state) {
  store::Keyspace keyspace(1);
  store::ShardLock lock(keyspace);
  const store::HashedKey key("key");
  for (auto _ : state) {
    lock.lock(key);
    benchmark::DoNotOptimize(lock.find(0, key));
    lock.unlock();
  }
}
BENCHMARK(BM_ShardLock_one_key);

void BM_ShardLock_several_keys(benchmark::State& state) {
  store::Keyspace keyspace(1);
  store::ShardLock lock(keyspace);
  const std::vector<std::string> names = make_keys(state.range(0));
  const std::vector<store::HashedKey> keys = [&] {
    std::vector<store::HashedKey> hashed;
    for (const std::string& name : names)
      hashed.emplace_back(name);
    return hashed;
  }();
  for (auto _ : state) {
    lock.lock(keys);
    lock.unlock();
  }
}
BENCHMARK(BM_ShardLock_several_keys)->Arg(2)->Arg(10)->Arg(100);

void BM_ShardLock_all(benchmark::State& state) {
  store::Keyspace keyspace(1);
  store::ShardLock lock(keyspace);
  for (auto _ : state) {
    lock.lock_all();
    lock.unlock();
  }
}
BENCHMARK(BM_ShardLock_all);

// Threads with keys of their own (0) or all with one key (1).
std::unique_ptr<store::Keyspace> shared_keyspace;
void BM_ShardLock_threads(benchmark::State& state) {
  store::ShardLock lock(*shared_keyspace);
  const std::string name = "key:" + std::to_string(state.range(0) == 0 ? state.thread_index() : 0);
  const store::HashedKey key(name);
  for (auto _ : state) {
    lock.lock(key);
    benchmark::DoNotOptimize(lock.find(0, key));
    lock.unlock();
  }
}
BENCHMARK(BM_ShardLock_threads)
    ->Arg(0)
    ->Arg(1)
    ->Threads(1)
    ->Threads(2)
    ->Setup([](const benchmark::State&) { shared_keyspace = std::make_unique<store::Keyspace>(1); })
    ->Teardown([](const benchmark::State&) { shared_keyspace.reset(); })
    ->UseRealTime();

}  // namespace
