// The only way to entries: proof that the shards they live in are locked.
#pragma once

#include "base/assert.h"
#include "store/keyspace.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace duplex::store {

struct DatabaseSize {
  std::size_t keys = 0;
  std::size_t expiring = 0;
};

// Holds the locks of the shards of some keys, or of all shards.
//
// Who holds shards waits for no other one, unless it has the keyspace's one token: a lock that is
// busy is spun on briefly, then everything is given back and that one is waited for. So the token's
// holder can wait for a shard while holding others, and nothing can deadlock.
//
// A unit that takes long can be suspended by park(): its shards stay its own, but they are marked
// instead of locked, so that nobody sleeps until it goes on. Functions that lock return false then,
// and hold nothing new.
//
// Positions and entries it hands out are valid until the next change of the same table, and never
// beyond unlock().
// Thread: confined to its owner. Reused from command to command to keep its memory.
class ShardLock {
 public:
  explicit ShardLock(Keyspace& keyspace) : keyspace_(keyspace) {}
  ~ShardLock() { unlock(); }
  ShardLock(const ShardLock&) = delete;
  ShardLock& operator=(const ShardLock&) = delete;

  // Require: no shard is held.
  bool lock(const HashedKey& key);
  bool lock(std::span<const HashedKey> keys);
  bool lock_all();  // takes the token for itself
  bool lock_shard(std::size_t shard);
  // The same as lock_all(), but waits until no unit is suspended. Not for loops: a unit of the same
  // thread could not go on.
  void wait_for_all();
  // Also locks the shard of a suspended unit, which cannot go on meanwhile: for looking only.
  void visit_shard(std::size_t shard);
  // Gives everything back. Also publishes when the next key of each shard ends. Does nothing if
  // nothing is held.
  void unlock();
  // The same, but keeps the token.
  void unlock_shards();

  // Waits for the token. Requires: nothing is held.
  bool lock_token();
  // Takes the token if nobody has it, whatever is held.
  bool try_token();
  bool has_token() const { return token_; }
  // Lock further shards. Require: has_token().
  bool add(std::size_t shard);
  bool add_all();

  // Suspends what is held, and takes it back. Between the two nothing else may be called.
  void park();
  void unpark();

  bool holds_all() const { return all_; }
  bool holds_any() const { return all_ || token_ || !held_.empty(); }
  bool holds(std::size_t shard) const;

  Keyspace& keyspace() { return keyspace_; }

  // The functions below require the shard of the key to be held.
  Table::Position find(int database, const HashedKey& key) {
    DUPLEX_DCHECK(holds(key.shard()));
    Table* table = keyspace_.shards_[key.shard()].table_if_any(database);
    return table == nullptr ? Table::Position{} : table->find(key);
  }
  // To be called before the entry is changed in place, by whatever way. The functions below do it
  // themselves.
  void before_change(int database, const HashedKey& key, Table::Position at) {
    if (keyspace_.snapshot_ != nullptr) [[unlikely]]
      hand_over(database, key, at);
  }
  Table::Position insert(int database, const HashedKey& key, EntryPtr entry) {
    Table& table = this->table(database, key);
    const Table::Position at = table.insert(key, std::move(entry));
    // What comes after the cut is no part of the snapshot.
    if (keyspace_.snapshot_ != nullptr && table.awaits(key.hash)) [[unlikely]]
      at.slot->mark_saved();
    return at;
  }
  EntryPtr replace(int database, const HashedKey& key, Table::Position at, EntryPtr entry) {
    before_change(database, key, at);
    return table(database, key).replace(at, std::move(entry));
  }
  EntryPtr erase(int database, const HashedKey& key, Table::Position at) {
    before_change(database, key, at);
    return table(database, key).erase(at, key.hash);
  }
  // To be called when fields of a hash got or lost an expiry. The hash was changed before, so
  // before_change() was called before that.
  void note_expiry(int database, const HashedKey& key, Table::Position at) {
    table(database, key).note_expiry(at);
  }
  // Changes an expiry in place where the entry has room for one, else rebuilds the entry.
  // `expiry_ms` may be no_expiry. Returns where the entry stands now.
  Table::Position set_expiry(int database,
                             const HashedKey& key,
                             Table::Position at,
                             std::int64_t expiry_ms);

  // A held shard's table; nullptr if the database has none there.
  Table* table_if_any(int database, std::size_t shard) {
    DUPLEX_DCHECK(holds(shard));
    return keyspace_.shards_[shard].table_if_any(database);
  }
  // How many keys a database has, and the bytes of all tables without their entries. Visits the
  // shards one after the other, which is no snapshot, unless all are held. Requires: all shards are
  // held, or none.
  DatabaseSize size(int database);
  std::size_t table_bytes();
  std::size_t table_bytes(int database);
  // How long the keys of a database that have an expiry have to live on average, in milliseconds:
  // exact for a few, an estimate from some hundred for many. 0: none has one. `random` is any 64
  // bits. Requires: as size().
  std::int64_t average_ttl_ms(int database, std::int64_t now_ms, std::uint64_t random);
  // Requires: all shards are held. Returns the tables of the database, to be freed later. Those
  // that a snapshot still needs are its own then.
  std::vector<Table> take_tables(int database);
  // Requires: all shards are held.
  void swap_databases(int first, int second);

  // --- snapshots ---
  // The cut. From here on `sink` is told of all changes. Only memory is touched. Returns what there
  // is. Requires: all shards are held, and no other snapshot is taken.
  std::vector<SnapshotDatabase> begin_snapshot(SnapshotSink& sink);
  // Requires: all shards are held. Open walks are to be abandoned then, shard by shard.
  void end_snapshot();
  // A table of a held shard whose walk is open; nullptr if there is none.
  Table* open_walk(std::size_t shard);

 private:
  Table& table(int database, const HashedKey& key) {
    DUPLEX_DCHECK(holds(key.shard()));
    return keyspace_.shards_[key.shard()].table(database);
  }
  bool holds_shards() const { return all_ || !held_.empty(); }
  bool take(std::size_t shard);
  // How it went with a shard that must not be waited for.
  enum class Attempt : std::uint8_t { locked, busy, parked };
  Attempt attempt(std::size_t shard);
  Attempt take_others(std::size_t first, std::size_t& busy);
  void give_back(std::size_t shard);
  template <typename Visit>
  void for_each_held(Visit&& visit);
  void hand_over(int database, const HashedKey& key, Table::Position at);
  void publish_expiry(Shard& shard);
  template <typename Visit>
  void visit_shards(Visit&& visit);

  Keyspace& keyspace_;
  std::vector<std::uint16_t> held_;  // ascending, each once
  bool all_ = false;
  bool token_ = false;
  bool was_parked_ = false;  // what is held was suspended at least once
};

}  // namespace duplex::store
