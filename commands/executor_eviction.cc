// Making room when memory is short: samples of keys, and the best of them removed.
#include "base/memory.h"
#include "base/ticks.h"
#include "commands/executor.h"
#include "commands/observation.h"

#include <algorithm>
#include <limits>

namespace duplex::commands {

namespace {

// The higher, the sooner the entry goes.
std::uint64_t score_of(EvictionPolicy policy,
                       const store::Entry& entry,
                       const access_mark::Frequency& frequency,
                       std::int64_t now_ms,
                       base::Random& random) {
  switch (policy) {
    case EvictionPolicy::volatile_lru:
    case EvictionPolicy::allkeys_lru:
      return access_mark::idle_s(entry.access_clock(), now_ms);
    case EvictionPolicy::volatile_lfu:
    case EvictionPolicy::allkeys_lfu:
      return 255 - frequency.counter(entry.access_clock(), now_ms);
    case EvictionPolicy::volatile_ttl:
      return std::numeric_limits<std::uint64_t>::max() -
             static_cast<std::uint64_t>(entry.expiry_ms());
    default:
      return random.next();
  }
}

}  // namespace

void Executor::evict_cycle(std::int64_t budget_us) {
  context_.client_ = nullptr;
  make_room(budget_us);
}

bool Executor::make_room(std::int64_t budget_us) {
  const Settings& settings = services_.settings;
  const std::uint64_t limit = settings.memory_bytes_max.load(std::memory_order_relaxed);
  if (limit == 0 || base::allocated_bytes() <= limit) [[likely]]
    return true;
  const EvictionPolicy policy = settings.eviction_policy.load(std::memory_order_relaxed);
  if (settings.is_paused(context_.now_ms_)) return true;
  if (policy == EvictionPolicy::noeviction || settings.import_mode.load(std::memory_order_relaxed))
    return false;
  // A deletion that cannot be logged would be undone by a restart, and fill the log's memory.
  if (!services_.effects.refusal().empty()) return false;
  if (policy != pooled_policy_) eviction_pool_.clear();
  pooled_policy_ = policy;

  const MeasuredDelay delay(services_.observation.latency(), LatencyEvent::eviction_cycle);
  const std::uint64_t end =
      base::ticks() +
      static_cast<std::uint64_t>(static_cast<double>(budget_us) * base::ticks_per_us());
  const resp::ReplyWriter reply = context_.reply_;
  // What is freed in the background is gone as far as we are concerned.
  std::uint64_t on_its_way = 0;
  bool is_over = false;
  while (!is_over && base::allocated_bytes() > limit + on_its_way && base::ticks() < end) {
    const std::optional<std::size_t> freed = evict_one(policy);
    is_over = !freed;
    on_its_way += freed.value_or(0);
  }
  context_.reply_ = reply;
  return !is_over;
}

// Returns how many bytes are still to be freed in the background, or nothing if no key may go.
std::optional<std::size_t> Executor::evict_one(EvictionPolicy policy) {
  while (true) {
    const bool any = sample_keys(policy);
    while (const auto candidate = eviction_pool_.take()) {
      const store::HashedKey key(candidate->key);
      // What a suspended script holds stays.
      if (!context_.lock_.lock(key)) continue;
      const store::Table::Position at = context_.lock_.find(candidate->database, key);
      const bool may_go = at && (!takes_volatile_only(policy) || at.slot->has_expiry());
      std::size_t on_its_way = 0;
      if (may_go) {
        const MeasuredDelay delay(services_.observation.latency(), LatencyEvent::eviction_del);
        if (at.entry()->is_heavy()) on_its_way = at.entry()->memory_bytes();
        context_.evict(candidate->database, key, at);
      }
      finish();
      if (may_go) return on_its_way;
    }
    if (!any) return std::nullopt;
  }
}

// Offers some keys to the pool. Returns whether there were any.
bool Executor::sample_keys(EvictionPolicy policy) {
  const Settings& settings = services_.settings;
  const auto wanted =
      static_cast<std::size_t>(settings.eviction_samples.load(std::memory_order_relaxed));
  const access_mark::Frequency frequency = settings.frequency();
  const bool volatile_only = takes_volatile_only(policy);
  base::Random& random = context_.random_;
  const std::size_t first = random.below(store::shard_count);
  std::size_t seen = 0;
  for (std::size_t step = 0; step < store::shard_count && seen < wanted; ++step) {
    const std::size_t shard = (first + step) % store::shard_count;
    // Known without its lock: where nothing ends, no key has an expiry.
    if (volatile_only && services_.keyspace.next_expiry_ms(shard) == store::no_expiry) continue;
    if (!context_.lock_.lock_shard(shard)) continue;
    for (int database = 0; database < services_.keyspace.databases(); ++database) {
      const store::Table* table = context_.lock_.table_if_any(database, shard);
      if (table == nullptr || (volatile_only ? table->expiring() : table->size()) == 0) continue;
      std::size_t of_table = 0;
      table->visit_from(random.next(), [&](const store::EntrySlot& slot) {
        if (volatile_only && !slot.has_expiry()) return true;
        const store::Entry& entry = *slot.entry();
        eviction_pool_.offer(
            score_of(policy, entry, frequency, context_.now_ms_, random), database, entry.key());
        return ++of_table < wanted;
      });
      seen += of_table;
    }
    context_.lock_.unlock();
  }
  return seen > 0;
}

}  // namespace duplex::commands
