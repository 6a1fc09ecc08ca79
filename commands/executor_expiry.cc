// Active expiry: keys that have ended go even if nobody asks for them.
#include "base/ticks.h"
#include "commands/executor.h"
#include "commands/observation.h"

#include <string>

namespace duplex::commands {

std::size_t Executor::expire_cycle(std::int64_t budget_us) {
  // How many keys may end under one hold of a shard's lock.
  constexpr std::size_t batch_max = 64;
  const std::uint64_t end =
      base::ticks() +
      static_cast<std::uint64_t>(static_cast<double>(budget_us) * base::ticks_per_us());
  const MeasuredDelay delay(services_.observation.latency(), LatencyEvent::expire_cycle);
  std::size_t removed = 0;
  context_.client_ = nullptr;
  for (std::size_t step = 0; step < store::shard_count; ++step) {
    const std::size_t shard = next_expiry_shard_;
    bool done = true;
    if (services_.keyspace.next_expiry_ms(shard) <= context_.now_ms_) {
      // What a suspended script has ends later.
      if (!context_.lock_.lock_shard(shard)) {
        next_expiry_shard_ = (shard + 1) % store::shard_count;
        continue;
      }
      for (int database = 0; database < services_.keyspace.databases(); ++database) {
        store::Table* table = context_.lock_.table_if_any(database, shard);
        if (table == nullptr || table->earliest_expiry_ms() > context_.now_ms_) continue;
        expired_.clear();
        done &= table->collect_expired(context_.now_ms_, batch_max, expired_);
        for (store::Entry* entry : expired_) {
          const std::string key(entry->key());
          const store::HashedKey hashed{key};
          const store::Table::Position at = context_.lock_.find(database, hashed);
          if (at.entry()->is_expired(context_.now_ms_))
            context_.expire(database, hashed, at);
          else
            done &= context_.sweep_fields(database, hashed, at, batch_max);
        }
        removed += expired_.size();
      }
      finish();
      if (base::ticks() > end) break;
    }
    if (done) next_expiry_shard_ = (next_expiry_shard_ + 1) % store::shard_count;
  }
  return removed;
}

}  // namespace duplex::commands
