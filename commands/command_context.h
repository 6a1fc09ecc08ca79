// What a handler is given: its arguments, its keys under their lock, and ways to answer and change.
#pragma once

#include "base/random.h"
#include "commands/client.h"
#include "commands/effects.h"
#include "commands/errors.h"
#include "commands/key_positions.h"
#include "commands/services.h"
#include "pubsub/loop_subscribers.h"
#include "resp/reply_writer.h"
#include "store/shard_lock.h"
#include "store/stream_id.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

// One command in execution. A handler reads arguments, asks for its keys, answers, and says what it
// changed; it does not lock, read the clock, or know whether it runs alone or in a transaction.
//
// Entries and positions are valid until the next change of the same database, and not beyond the
// handler.
// Thread: confined to its executor.
class CommandContext {
 public:
  CommandContext(Services& services,
                 pubsub::LoopSubscribers& subscribers,
                 LoopStatistics& statistics);

  // --- the request ---
  Args args() const { return args_; }
  std::string_view arg(std::size_t index) const { return args_[index]; }
  std::size_t argc() const { return args_.size(); }
  Client& client() { return *client_; }
  const Command& command() const { return *command_; }
  int database() const { return client_->database.load(std::memory_order_relaxed); }
  // Milliseconds since 1970; one value for a whole command, transaction or script.
  std::int64_t now_ms() const { return now_ms_; }
  // Whether the client's user may read every key there is, not only those of the request.
  bool may_read_every_key() const;
  bool in_transaction() const { return in_transaction_; }

  // --- the reply ---
  resp::ReplyWriter& reply() { return reply_; }
  // Also counts the error for INFO errorstats.
  void error(std::string_view text);
  // "ERR unknown subcommand or wrong number of arguments for 'x'. Try OBJECT HELP."
  void unknown_subcommand();
  // The reply of HELP subcommands: lines behind a heading, HELP's own lines appended.
  void help(std::initializer_list<std::string_view> lines);
  // The argument as an integer; answers the error itself if it is none.
  std::optional<std::int64_t> integer_arg(std::size_t index);

  // --- keys ---
  // The keys in the order of the key specifications; their shards are locked.
  const store::HashedKey& key(std::size_t index = 0) const { return keys_[index]; }
  std::size_t key_count() const { return keys_.size(); }

  // For reading: finds the entry if it is there and has not ended; counts a hit or a miss.
  store::Entry* read(const store::HashedKey& key) { return read(database(), key); }
  store::Entry* read(int database, const store::HashedKey& key);
  // The same without touching the access clock (TTL, TYPE …); a miss is no event if that is quiet.
  enum class Miss : std::uint8_t { announced, quiet };
  store::Entry* look(const store::HashedKey& key, Miss miss = Miss::announced) {
    return look(database(), key, miss);
  }
  store::Entry* look(int database, const store::HashedKey& key, Miss miss);
  // The same without counting.
  store::Entry* peek(const store::HashedKey& key) { return peek(database(), key); }
  store::Entry* peek(int database, const store::HashedKey& key);
  // The value of a type at a key; answers WRONGTYPE itself and returns false if it is of another
  // type. `entry` is nullptr if there is none.
  bool read_type(const store::HashedKey& key, store::ValueType type, store::Entry*& entry);
  bool read_string(const store::HashedKey& key, store::Entry*& entry) {
    return read_type(key, store::ValueType::string, entry);
  }

  // For writing: where the entry stands, after an ended one was removed (and logged). A snapshot
  // that is being taken has the entry then as it was: only what find() gave may be changed.
  store::Table::Position find(const store::HashedKey& key) { return find(database(), key); }
  store::Table::Position find(int database, const store::HashedKey& key);
  // The value of a type at a key; answers WRONGTYPE itself and returns false if it is of another
  // type. `at` is empty if there is none.
  bool find_type(const store::HashedKey& key, store::ValueType type, store::Table::Position& at);
  bool find_string(const store::HashedKey& key, store::Table::Position& at) {
    return find_type(key, store::ValueType::string, at);
  }

  // Puts an entry at a key whose position find() gave: replaces, or inserts if there was none.
  store::Table::Position put(const store::HashedKey& key,
                             store::Table::Position at,
                             store::EntryPtr entry) {
    return put(database(), key, at, std::move(entry));
  }
  store::Table::Position put(int database,
                             const store::HashedKey& key,
                             store::Table::Position at,
                             store::EntryPtr entry);
  // The same for commands that delete what was there first: the key is announced as a new one.
  store::Table::Position put_anew(int database,
                                  const store::HashedKey& key,
                                  store::Table::Position at,
                                  store::EntryPtr entry);
  // Takes an entry out and returns it; discard() what is not used again.
  store::EntryPtr take(int database, const store::HashedKey& key, store::Table::Position at);
  void erase(const store::HashedKey& key, store::Table::Position at) {
    discard(take(database(), key, at));
  }
  // Erases the key of a collection that has become empty and announces that. To be called after
  // changed(). Returns whether it did.
  bool erase_if_empty(const store::HashedKey& key, store::Table::Position at, bool is_empty);
  // To be called when fields of the hash got or lost an expiry.
  void note_expiry(const store::HashedKey& key, store::Table::Position at) {
    lock_.note_expiry(database(), key, at);
  }
  store::Table::Position set_expiry(const store::HashedKey& key,
                                    store::Table::Position at,
                                    std::int64_t expiry_ms) {
    return lock_.set_expiry(database(), key, at, expiry_ms);
  }
  // Frees an entry after the lock is given up, large ones in the background.
  void discard(store::EntryPtr entry);
  void discard(std::vector<store::Table> tables);

  // --- what was changed ---
  // To be called once for each changed key: spoils transactions that watch it, sends the keyspace
  // event. The command is logged as it was asked, unless effect() or no_effect() says otherwise.
  void changed(const store::HashedKey& key, Event event, std::string_view name) {
    changed(database(), key, event, name);
  }
  void changed(int database, const store::HashedKey& key, Event event, std::string_view name);
  // What changed() does for those who watch the key or have it cached, and nothing else.
  void touch_key(const store::HashedKey& key) { touch_key(database(), key, false); }
  // The same for what Redis hides from WATCH: the consumer groups of a stream.
  void changed_unwatched(const store::HashedKey& key, Event event, std::string_view name);
  // Lets those who wait for the key have a look at it when the command is over. changed() does.
  void signal_ready(int database, std::string_view key);
  // An event without a change ("keymiss", or "del" of a key another event spoke of).
  void notify(int database, std::string_view key, Event event, std::string_view name);
  // Logs this command instead of the one that was asked; several are logged in their order.
  void effect(std::initializer_list<std::string_view> args) { effect(database(), args); }
  void effect(int database, std::initializer_list<std::string_view> args) {
    effect(database, std::span(args.begin(), args.size()));
  }
  void effect(std::span<const std::string_view> args) { effect(database(), args); }
  void effect(int database, std::span<const std::string_view> args);
  // How many changes that was, if it is not the number of its effects. Adds up.
  void count_changes(std::uint64_t changes) {
    counted_changes_ += changes;
    has_counted_ = true;
  }
  // The command changed nothing that the log must know, although changed() was called.
  void no_effect() { effect_chosen_ = true; }
  // Keeps a text for effect() until the unit is logged.
  std::string_view keep(std::string text) { return effects_.keep(std::move(text)); }

  // Whether the command comes from the log: it was accepted before, perhaps by another server.
  bool is_replay() const { return !serving_ && client_->connection == nullptr; }

  // Publishes when the command is over: behind what was changed before, and while the keys are
  // still locked. Returns the number of receivers.
  std::size_t publish(pubsub::Kind kind,
                      std::string_view channel,
                      std::string_view payload,
                      pubsub::Publication publication);

  // Tells those who watch keys live that database 0 is another one.
  void tell_all_changed();
  // Tells those who watch the stream live that this was added to it.
  void tell_added(const store::HashedKey& key,
                  const store::StreamId& id,
                  std::span<const std::string_view> fields);

  // --- waiting ---
  // False inside a transaction or a script: a command that finds nothing answers that then.
  bool may_block() const { return !in_transaction_ && !is_replay(); }
  // Lets the client wait; the handler returns without a reply and is run again when one of the keys
  // may have become ready, until it replies. Requires: may_block().
  void block(const BlockRequest& request);
  // What a MIGRATE that is run again had set out to do; nullptr when it is run first.
  const Migration* migration() const { return migration_; }
  // A timeout in seconds, as a deadline for BlockRequest; answers the error itself.
  std::optional<std::int64_t> timeout_arg(std::size_t index);

  // --- the whole keyspace ---
  // The lock: for commands declared all_shards (it holds them all then).
  store::ShardLock& lock() { return lock_; }
  // Visits the shards in order from `first` on, each locked (or all held already), until the
  // visitor answers false. For commands declared visits_shards.
  template <typename Visit>
  void for_each_shard(std::size_t first, Visit&& visit) {
    for (std::size_t shard = first; shard < store::shard_count; ++shard) {
      const bool go_on = with_shard(shard, visit);
      if (!go_on) return;
    }
  }
  // Whether an entry has ended, as this client sees it.
  bool has_ended(const store::Entry& entry) const {
    return entry.is_expired(now_ms_) && !sees_ended();
  }
  // Whether what has ended is not removed by those who only look: data is being imported, or all
  // writes are paused.
  bool keeps_ended() const {
    return services_.settings.import_mode.load(std::memory_order_relaxed) ||
           services_.settings.is_paused(now_ms_);
  }
  // Removes keys that were found to have ended, unless they are kept; the shard they live in must
  // be held.
  void remove_expired(int database, std::span<const store::HashedKey> keys);
  // Removes these fields of a hash, which have ended; logs and announces that. The hash may be left
  // empty: then its key has to be erased.
  void remove_ended_fields(int database,
                           const store::HashedKey& key,
                           store::Table::Position at,
                           std::span<const std::string> fields);
  // Logs and forgets the effects gathered so far, and publishes what waited for that; needed before
  // a shard is given up.
  void flush_effects();

  // The script that this command runs: what it may do, and its interpreter. Requires: the command
  // is declared runs_script.
  ScriptUnit& script_unit() { return *unit_; }

  // --- collaborators ---
  Services& services() { return services_; }
  Settings& settings() { return services_.settings; }
  LoopStatistics& statistics() { return statistics_; }
  pubsub::LoopSubscribers& subscribers() { return subscribers_; }
  base::Random& random() { return random_; }

 private:
  friend class Executor;

  // What is published when the effects of the unit are in the log.
  struct Publishing {
    pubsub::Kind kind;
    std::string channel;
    std::string payload;
    pubsub::Publication publication;
  };

  template <typename Visit>
  bool with_shard(std::size_t shard, Visit& visit) {
    if (lock_.holds_all()) return visit(shard);
    lock_.visit_shard(shard);
    const bool go_on = visit(shard);
    flush_effects();
    lock_.unlock();
    return go_on;
  }
  // Removes up to `limit` fields of a hash that have ended, and the key if no others are left.
  // Returns whether these were all.
  bool sweep_fields(int database,
                    const store::HashedKey& key,
                    store::Table::Position at,
                    std::size_t limit);
  // Removes an entry that has ended; logs and announces it.
  void expire(int database, const store::HashedKey& key, store::Table::Position at);
  // `to_change`: an ended entry is removed even where it may stay for those who only read.
  store::Table::Position find_live(int database, const store::HashedKey& key, bool to_change);
  // To a client that imports the data nothing has ended.
  bool sees_ended() const;
  // Removes an entry for the memory it takes; logs and announces it.
  void evict(int database, const store::HashedKey& key, store::Table::Position at);
  void remove_unasked(int database,
                      const store::HashedKey& key,
                      store::Table::Position at,
                      Event event,
                      std::string_view name);
  // Spoils transactions that watch the key, and tells those who have it cached. `by_itself`: no
  // command changed it.
  void touch_key(int database, const store::HashedKey& key, bool by_itself);
  // What is told of changed keys that are watched live, beside the effects that say how.
  void note_live(std::string_view key);
  void publish_live();
  // Remembers, for the choice of whom to evict, that an entry is used.
  void note_use(store::Entry& entry);

  // What one handler starts with.
  void begin(Client& client, const Command& command, Args args, bool in_transaction);
  // Logs the request itself if the handler changed something and chose no other effect.
  void end();

  Services& services_;
  pubsub::LoopSubscribers& subscribers_;
  LoopStatistics& statistics_;
  base::Random random_;
  base::Buffer no_reply_;
  resp::ReplyWriter reply_;
  store::ShardLock lock_;
  Effects effects_;
  std::vector<Publishing> publishing_;
  std::vector<std::string> live_changed_;

  ScriptUnit* unit_ = nullptr;
  Client* client_ = nullptr;
  const Command* command_ = nullptr;
  Args args_;
  std::vector<store::HashedKey> keys_;
  std::string history_key_;  // what the key of a command with Flag::uses_history points into
  std::int64_t now_ms_ = 0;
  bool in_transaction_ = false;
  bool changed_ = false;
  bool effect_chosen_ = false;
  bool has_counted_ = false;
  std::uint64_t counted_changes_ = 0;  // by count_changes(), or effects
  bool failed_ = false;
  bool serving_ = false;  // this is the command of a client that waits
  bool blocked_ = false;  // the client waits now, or goes on waiting
  const Migration* migration_ = nullptr;
  std::vector<std::pair<int, std::string>> ready_;
  std::vector<store::EntryPtr> garbage_;
  std::vector<store::Table> table_garbage_;
};

}  // namespace duplex::commands
