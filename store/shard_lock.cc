// The only way to entries: proof that the shards they live in are locked.
#include "store/shard_lock.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace duplex::store {

namespace {
// A holder that runs has a shard for about a microsecond; this is a few of them.
constexpr int spins_max = 200;
// How many keys the average time to live is told from, and how many slots are looked at for those
// of one shard.
constexpr std::size_t ttl_samples_max = 512;
constexpr std::size_t ttl_samples_of_shard = 8;
constexpr std::size_t ttl_slots_of_shard = 1000;

}  // namespace

bool ShardLock::take(std::size_t shard) {
  Shard& taken = keyspace_.shards_[shard];
  taken.mutex.lock(taken.waits);
  if (!taken.parked) [[likely]]
    return true;
  taken.mutex.unlock();
  return false;
}

void ShardLock::give_back(std::size_t shard) {
  publish_expiry(keyspace_.shards_[shard]);
  keyspace_.shards_[shard].mutex.unlock();
}

bool ShardLock::lock(const HashedKey& key) {
  return lock_shard(key.shard());
}

bool ShardLock::lock_shard(std::size_t shard) {
  DUPLEX_DCHECK(!holds_shards());
  if (!take(shard)) return false;
  held_.push_back(static_cast<std::uint16_t>(shard));
  return true;
}

void ShardLock::visit_shard(std::size_t shard) {
  DUPLEX_DCHECK(!holds_shards());
  keyspace_.shards_[shard].mutex.lock(keyspace_.shards_[shard].waits);
  held_.push_back(static_cast<std::uint16_t>(shard));
}

ShardLock::Attempt ShardLock::attempt(std::size_t shard) {
  Shard& wanted = keyspace_.shards_[shard];
  for (int spin = 0; spin < spins_max; ++spin) {
    if (!wanted.mutex.try_lock()) continue;
    if (!wanted.parked) return Attempt::locked;
    wanted.mutex.unlock();
    return Attempt::parked;
  }
  return Attempt::busy;
}

// Locks all of held_ but the one at index `first`, which is locked already; all or none.
ShardLock::Attempt ShardLock::take_others(std::size_t first, std::size_t& busy) {
  for (std::size_t i = 0; i < held_.size(); ++i) {
    if (i == first) continue;
    const Attempt outcome = attempt(held_[i]);
    if (outcome == Attempt::locked) continue;
    for (std::size_t taken = 0; taken < i; ++taken)
      if (taken != first) keyspace_.shards_[held_[taken]].mutex.unlock();
    busy = i;
    return outcome;
  }
  return Attempt::locked;
}

bool ShardLock::lock(std::span<const HashedKey> keys) {
  if (keys.size() == 1) return lock(keys[0]);
  DUPLEX_DCHECK(!holds_shards());
  for (const HashedKey& key : keys)
    held_.push_back(key.shard());
  std::sort(held_.begin(), held_.end());
  held_.erase(std::unique(held_.begin(), held_.end()), held_.end());
  std::size_t first = 0;
  while (!held_.empty()) {
    if (!take(held_[first])) break;
    std::size_t busy = first;
    const Attempt outcome = take_others(first, busy);
    if (outcome == Attempt::locked) return true;
    keyspace_.shards_[held_[first]].mutex.unlock();
    if (outcome == Attempt::parked) break;
    // The one that was busy is waited for, with nothing in hand.
    first = busy;
  }
  const bool none_wanted = held_.empty();
  held_.clear();
  return none_wanted;
}

bool ShardLock::lock_token() {
  DUPLEX_DCHECK(!holds_any());
  keyspace_.token_.lock(keyspace_.token_waits_);
  token_ = !keyspace_.token_parked_;
  if (!token_) keyspace_.token_.unlock();
  return token_;
}

bool ShardLock::try_token() {
  if (token_) return true;
  if (!keyspace_.token_.try_lock()) return false;
  token_ = !keyspace_.token_parked_;
  if (!token_) keyspace_.token_.unlock();
  return token_;
}

bool ShardLock::lock_all() {
  DUPLEX_DCHECK(!holds_shards());
  if (!token_ && !lock_token()) return false;
  if (add_all()) return true;
  unlock();
  return false;
}

void ShardLock::wait_for_all() {
  constexpr std::chrono::milliseconds pause{1};
  while (!lock_all())
    std::this_thread::sleep_for(pause);
}

bool ShardLock::add(std::size_t shard) {
  DUPLEX_DCHECK(token_ && !holds(shard));
  if (!take(shard)) return false;
  const auto number = static_cast<std::uint16_t>(shard);
  held_.insert(std::upper_bound(held_.begin(), held_.end(), number), number);
  return true;
}

bool ShardLock::add_all() {
  DUPLEX_DCHECK(token_);
  const std::size_t had = held_.size();
  std::size_t next = 0;  // in held_
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    if (next < had && held_[next] == shard) {
      ++next;
      continue;
    }
    if (take(shard)) continue;
    for (std::size_t taken = 0; taken < shard; ++taken)
      if (!std::binary_search(held_.begin(), held_.end(), taken)) give_back(taken);
    return false;
  }
  held_.clear();
  all_ = true;
  return true;
}

void ShardLock::unlock_shards() {
  if (all_) {
    for (std::size_t shard = 0; shard < shard_count; ++shard)
      give_back(shard);
    all_ = false;
  }
  for (const std::uint16_t shard : held_)
    give_back(shard);
  held_.clear();
}

void ShardLock::unlock() {
  unlock_shards();
  if (was_parked_) keyspace_.parked_units_.fetch_sub(1, std::memory_order_release);
  was_parked_ = false;
  if (!token_) return;
  token_ = false;
  keyspace_.token_.unlock();
}

template <typename Visit>
void ShardLock::for_each_held(Visit&& visit) {
  for (std::size_t shard = 0; all_ && shard < shard_count; ++shard)
    visit(keyspace_.shards_[shard]);
  for (const std::uint16_t shard : held_)
    visit(keyspace_.shards_[shard]);
}

void ShardLock::park() {
  if (!was_parked_) keyspace_.parked_units_.fetch_add(1, std::memory_order_release);
  was_parked_ = true;
  for_each_held([this](Shard& shard) {
    publish_expiry(shard);
    shard.parked = true;
    shard.mutex.unlock();
  });
  if (!token_) return;
  keyspace_.token_parked_ = true;
  keyspace_.token_.unlock();
}

// Nobody keeps what it finds parked, so none of these locks is waited for beyond an instant. Those
// who have slept since before it was parked have to find that out first, or they would sleep
// through every slice.
void ShardLock::unpark() {
  const auto let_waiting_look = [](const base::LockWaits& waits) {
    while (waits.now.load(std::memory_order_relaxed) != 0)
      std::this_thread::yield();
  };
  if (token_) {
    let_waiting_look(keyspace_.token_waits_);
    keyspace_.token_.lock();
    keyspace_.token_parked_ = false;
  }
  for_each_held([&](Shard& shard) {
    let_waiting_look(shard.waits);
    shard.mutex.lock();
    shard.parked = false;
  });
}

bool ShardLock::holds(std::size_t shard) const {
  return all_ || std::binary_search(held_.begin(), held_.end(), shard);
}

void ShardLock::publish_expiry(Shard& shard) {
  std::int64_t next = shard.first.earliest_expiry_ms();
  for (const auto& table : shard.others)
    if (table) next = std::min(next, table->earliest_expiry_ms());
  if (shard.next_expiry_ms.load(std::memory_order_relaxed) != next)
    shard.next_expiry_ms.store(next, std::memory_order_relaxed);
}

Table::Position ShardLock::set_expiry(int database,
                                      const HashedKey& key,
                                      Table::Position at,
                                      std::int64_t expiry_ms) {
  Table& table = this->table(database, key);
  Entry* entry = at.entry();
  if (entry->expiry_ms() == expiry_ms) return at;
  before_change(database, key, at);
  if (entry->has_expiry() && expiry_ms != no_expiry) {
    entry->change_expiry(expiry_ms);
    table.note_expiry(at);
    return at;
  }
  table.replace(at, entry->with_expiry(expiry_ms));
  return at;
}

template <typename Visit>
void ShardLock::visit_shards(Visit&& visit) {
  DUPLEX_ASSERT(all_ || held_.empty());
  for (std::size_t index = 0; index < shard_count; ++index) {
    Shard& shard = keyspace_.shards_[index];
    if (!all_) shard.mutex.lock();
    visit(shard);
    if (!all_) shard.mutex.unlock();
  }
}

DatabaseSize ShardLock::size(int database) {
  DatabaseSize sum;
  visit_shards([&](Shard& shard) {
    if (const Table* table = shard.table_if_any(database)) {
      sum.keys += table->size();
      sum.expiring += table->expiring();
    }
  });
  return sum;
}

std::int64_t ShardLock::average_ttl_ms(int database, std::int64_t now_ms, std::uint64_t random) {
  double sum_ms = 0;
  std::size_t sampled = 0;
  visit_shards([&](Shard& shard) {
    const Table* table = shard.table_if_any(database);
    if (table == nullptr || table->expiring() == 0 || sampled >= ttl_samples_max) return;
    std::size_t of_shard = 0;
    std::size_t looked_at = 0;
    table->visit_from(random, [&](const EntrySlot& slot) {
      if (slot.has_expiry()) {
        sum_ms +=
            static_cast<double>(std::max<std::int64_t>(slot.entry()->expiry_ms() - now_ms, 0));
        ++of_shard;
      }
      return of_shard < ttl_samples_of_shard && ++looked_at < ttl_slots_of_shard;
    });
    sampled += of_shard;
  });
  return sampled == 0 ? 0 : static_cast<std::int64_t>(sum_ms / static_cast<double>(sampled));
}

std::size_t ShardLock::table_bytes(int database) {
  std::size_t sum = 0;
  visit_shards([&](Shard& shard) {
    if (const Table* table = shard.table_if_any(database)) sum += table->memory_bytes();
  });
  return sum;
}

std::size_t ShardLock::table_bytes() {
  std::size_t sum = shard_count * sizeof(Shard);
  visit_shards([&](Shard& shard) {
    sum += shard.first.memory_bytes();
    for (const auto& table : shard.others)
      if (table) sum += sizeof(Table) + table->memory_bytes();
  });
  return sum;
}

std::vector<Table> ShardLock::take_tables(int database) {
  DUPLEX_ASSERT(all_);
  std::vector<Table> tables;
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    Table* table = keyspace_.shards_[shard].table_if_any(database);
    if (table == nullptr || table->size() == 0) continue;
    // Moving a table exchanges it: what stays behind is as new.
    Table taken = std::move(*table);
    if (keyspace_.snapshot_ != nullptr && taken.walk().is_open)
      keyspace_.snapshot_->adopt(std::move(taken));
    else
      tables.push_back(std::move(taken));
  }
  return tables;
}

void ShardLock::swap_databases(int first, int second) {
  DUPLEX_ASSERT(all_);
  for (std::size_t shard = 0; shard < shard_count; ++shard)
    std::swap(keyspace_.shards_[shard].table(first), keyspace_.shards_[shard].table(second));
}

void ShardLock::hand_over(int database, const HashedKey& key, Table::Position at) {
  const Table& table = this->table(database, key);
  if (!table.awaits(key.hash) || at.slot->is_saved()) return;
  keyspace_.snapshot_->before_change(table.walk().database, *at.entry());
  at.slot->mark_saved();
}

std::vector<SnapshotDatabase> ShardLock::begin_snapshot(SnapshotSink& sink) {
  DUPLEX_ASSERT(all_ && keyspace_.snapshot_ == nullptr);
  keyspace_.snapshot_ = &sink;
  std::vector<SnapshotDatabase> databases(static_cast<std::size_t>(keyspace_.databases()));
  for (std::size_t shard = 0; shard < shard_count; ++shard) {
    for (int number = 0; number < keyspace_.databases(); ++number) {
      Table* table = keyspace_.shards_[shard].table_if_any(number);
      if (table == nullptr) continue;
      table->open_walk(number);
      SnapshotDatabase& database = databases[static_cast<std::size_t>(number)];
      database.number = number;
      database.keys += table->size();
      database.expiring += table->expiring();
    }
  }
  std::erase_if(databases, [](const SnapshotDatabase& database) { return database.keys == 0; });
  return databases;
}

void ShardLock::end_snapshot() {
  DUPLEX_ASSERT(all_);
  keyspace_.snapshot_ = nullptr;
}

Table* ShardLock::open_walk(std::size_t shard) {
  DUPLEX_DCHECK(holds(shard));
  Shard& tables = keyspace_.shards_[shard];
  if (tables.first.walk().is_open) return &tables.first;
  for (const auto& table : tables.others)
    if (table && table->walk().is_open) return table.get();
  return nullptr;
}

}  // namespace duplex::store
