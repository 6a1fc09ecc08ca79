// HOTKEYS: which keys and shards are used most, while somebody wants to know.
#include "commands/hot_keys.h"

#include <algorithm>
#include <sys/resource.h>
#include <unordered_map>

namespace duplex::commands {

namespace {

// How many keys each loop keeps for one that is reported: the more, the surer the ranking.
constexpr std::size_t kept_per_reported = 10;
// Longer keys are not ranked: their names would take more than the table is worth.
constexpr std::size_t key_bytes_max = 1024;

std::int64_t milliseconds(const timeval& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_usec / 1000;
}

}  // namespace

// What one loop has counted. Times are in nanoseconds: most commands take less than a microsecond.
struct alignas(64) HotKeys::Counts {
  struct Sums {
    std::uint64_t ns = 0;
    std::uint64_t bytes = 0;
  };
  struct Shard {
    std::uint64_t accesses = 0;
    std::uint64_t ns = 0;
  };

  base::Mutex mutex{base::LockRank::leaf};
  HotKeysOptions options DUPLEX_GUARDED_BY(mutex);
  Sums all DUPLEX_GUARDED_BY(mutex);
  Sums selected DUPLEX_GUARDED_BY(mutex);
  Sums sampled DUPLEX_GUARDED_BY(mutex);
  TopKeys by_cpu DUPLEX_GUARDED_BY(mutex){0};
  TopKeys by_net DUPLEX_GUARDED_BY(mutex){0};
  TopKeys by_accesses DUPLEX_GUARDED_BY(mutex){0};
  std::vector<Shard> shards DUPLEX_GUARDED_BY(mutex);

  void restart(const HotKeysOptions& asked, bool counts) {
    const base::MutexLock lock(mutex);
    const std::size_t capacity = asked.count * kept_per_reported;
    options = asked;
    all = selected = sampled = {};
    by_cpu = TopKeys(capacity);
    by_net = TopKeys(capacity);
    by_accesses = TopKeys(capacity);
    shards = std::vector<Shard>(counts ? store::shard_count : 0);
  }
};

HotKeys::HotKeys(std::size_t loops) {
  for (std::size_t i = 0; i < loops; ++i)
    loops_.push_back(std::make_unique<Counts>());
}

HotKeys::~HotKeys() = default;

HotKeys::Cpu HotKeys::cpu_now() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return {milliseconds(usage.ru_utime), milliseconds(usage.ru_stime)};
}

bool HotKeys::start(const HotKeysOptions& options,
                    const store::Keyspace& keyspace,
                    std::int64_t now_ms) {
  const base::MutexLock lock(mutex_);
  if (is_active()) return false;
  for (const auto& loop : loops_)
    loop->restart(options, true);
  waits_.resize(store::shard_count);
  for (std::size_t shard = 0; shard < store::shard_count; ++shard)
    waits_[shard] = keyspace.waits(shard);
  options_ = options;
  has_profile_ = true;
  started_ms_ = now_ms;
  cpu_before_ = cpu_now();
  end_ms_.store(options.duration_ms == 0 ? 0 : now_ms + options.duration_ms,
                std::memory_order_relaxed);
  active_.store(true, std::memory_order_relaxed);
  return true;
}

bool HotKeys::stop(const store::Keyspace& keyspace, std::int64_t now_ms) {
  const base::MutexLock lock(mutex_);
  if (!active_.exchange(false, std::memory_order_relaxed)) return false;
  stopped_ms_ = now_ms;
  cpu_after_ = cpu_now();
  for (std::size_t shard = 0; shard < store::shard_count; ++shard)
    waits_[shard] = keyspace.waits(shard) - waits_[shard];
  return true;
}

bool HotKeys::reset() {
  const base::MutexLock lock(mutex_);
  if (is_active()) return false;
  has_profile_ = false;
  waits_ = {};
  for (const auto& loop : loops_)
    loop->restart({}, false);
  return true;
}

void HotKeys::note(std::size_t loop,
                   std::span<const store::HashedKey> keys,
                   std::uint64_t ns,
                   std::uint64_t bytes,
                   std::uint64_t chance) {
  Counts& counts = *loops_[loop];
  const base::MutexLock lock(counts.mutex);
  if (counts.shards.empty()) return;
  const auto add = [&](Counts::Sums& sums) {
    sums.ns += ns;
    sums.bytes += bytes;
  };
  const HotKeysOptions& options = counts.options;
  const auto is_chosen = [&](const store::HashedKey& key) {
    return !options.slots || options.slots->test(key.slot);
  };
  add(counts.all);
  if (std::none_of(keys.begin(), keys.end(), is_chosen)) return;
  add(counts.selected);
  if (chance % options.sample_ratio != 0) return;
  add(counts.sampled);
  for (const store::HashedKey& key : keys) {
    if (!is_chosen(key)) continue;
    Counts::Shard& shard = counts.shards[key.shard()];
    ++shard.accesses;
    shard.ns += ns / keys.size();
    if (key.key.size() > key_bytes_max) continue;
    counts.by_accesses.add(key.key, 1);
    if (options.by_cpu) counts.by_cpu.add(key.key, ns / keys.size());
    if (options.by_net) counts.by_net.add(key.key, bytes / keys.size());
  }
}

void HotKeys::add_counts(HotKeysReport& report) const {
  using Weights = std::unordered_map<std::string, std::uint64_t>;
  Weights by_cpu;
  Weights by_net;
  Weights by_accesses;
  report.shards.resize(store::shard_count);
  const auto gather = [](Weights& weights, const TopKeys& keys) {
    for (const TopKeys::Entry* entry : keys.entries())
      weights[entry->key] += entry->weight;
  };
  Counts::Sums all;
  Counts::Sums selected;
  Counts::Sums sampled;
  std::vector<std::uint64_t> shard_ns(store::shard_count);
  const auto add = [](Counts::Sums& to, const Counts::Sums& from) {
    to.ns += from.ns;
    to.bytes += from.bytes;
  };
  for (const auto& loop : loops_) {
    const base::MutexLock lock(loop->mutex);
    add(all, loop->all);
    add(selected, loop->selected);
    add(sampled, loop->sampled);
    gather(by_cpu, loop->by_cpu);
    gather(by_net, loop->by_net);
    gather(by_accesses, loop->by_accesses);
    for (std::size_t i = 0; i < loop->shards.size(); ++i) {
      report.shards[i].accesses += loop->shards[i].accesses;
      shard_ns[i] += loop->shards[i].ns;
    }
  }
  const auto ranked = [&](const Weights& weights) {
    HotKeysReport::Ranking ranking(weights.begin(), weights.end());
    std::sort(ranking.begin(), ranking.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    std::erase_if(ranking, [](const auto& key) { return key.second == 0; });
    if (ranking.size() > report.options.count) ranking.resize(report.options.count);
    return ranking;
  };
  const auto in_us = [](const Counts::Sums& sums) {
    return HotKeysReport::Sums{.us = sums.ns / 1000, .bytes = sums.bytes};
  };
  report.all = in_us(all);
  report.selected = in_us(selected);
  report.sampled = in_us(sampled);
  for (std::size_t i = 0; i < shard_ns.size(); ++i)
    report.shards[i].us = shard_ns[i] / 1000;
  report.by_cpu = ranked(by_cpu);
  for (auto& [key, weight] : report.by_cpu)
    weight /= 1000;
  report.by_net = ranked(by_net);
  report.by_accesses = ranked(by_accesses);
}

std::optional<HotKeysReport> HotKeys::report(const store::Keyspace& keyspace, std::int64_t now_ms) {
  const base::MutexLock lock(mutex_);
  if (!has_profile_) return std::nullopt;
  HotKeysReport report;
  report.is_active = is_active();
  report.options = options_;
  report.started_ms = started_ms_;
  report.took_ms = (report.is_active ? now_ms : stopped_ms_) - started_ms_;
  const Cpu cpu = report.is_active ? cpu_now() : cpu_after_;
  report.user_cpu_ms = cpu.user_ms - cpu_before_.user_ms;
  report.system_cpu_ms = cpu.system_ms - cpu_before_.system_ms;
  add_counts(report);
  for (std::size_t i = 0; i < report.shards.size(); ++i) {
    report.shards[i].number = i;
    report.shards[i].waits = report.is_active ? keyspace.waits(i) - waits_[i] : waits_[i];
  }
  std::sort(report.shards.begin(), report.shards.end(), [](const auto& a, const auto& b) {
    if (a.accesses != b.accesses) return a.accesses > b.accesses;
    return a.waits != b.waits ? a.waits > b.waits : a.number < b.number;
  });
  std::erase_if(report.shards, [](const auto& shard) { return shard.accesses + shard.waits == 0; });
  if (report.shards.size() > options_.count) report.shards.resize(options_.count);
  return report;
}

}  // namespace duplex::commands
