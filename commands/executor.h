// Runs requests on one loop: find, gate, queue, lock, run, log, notify.
#pragma once

#include "base/buffer.h"
#include "base/ticks.h"
#include "commands/acl_log.h"
#include "commands/acl_user.h"
#include "commands/command_context.h"
#include "commands/command_log.h"
#include "commands/eviction.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

struct ScriptScope;
struct ScriptUnit;

// A parsed request. prepare() fills in what can be known before its turn.
struct Request {
  Args args;
  const Command* command = nullptr;  // nullptr: unknown or not prepared yet
  store::HashedKey key;              // of a command with one fixed key
  bool has_key = false;
};

enum class Outcome : std::uint8_t {
  done,
  postponed,  // CLIENT PAUSE, or a script has the keys: nothing was executed, ask again when the
              // connection is resumed
  blocked,    // no reply yet: ask go_on() when the connection is told, time_out() at the deadline
};

// The requests of one loop's clients, one at a time.
//
// Thread: confined to its loop.
class Executor {
 public:
  Executor(Services& services, pubsub::LoopSubscribers& subscribers, LoopStatistics& statistics);
  ~Executor();

  // The time of the commands to come; the loop sets it when it begins to handle input.
  void set_now(std::int64_t now_ms) { context_.now_ms_ = now_ms; }

  // Looks up the command and hashes its key.
  void prepare(Request& request) const;
  // Brings what a batch of prepared requests will touch into the cache.
  void prefetch(std::span<const Request> requests, int database) const;

  // Executes a request and appends its reply to `out`. The client's log_position is where its
  // replies have to wait for the log.
  Outcome execute(Client& client, Request& request, base::Buffer& out);

  // Whether the wait of a blocked client is over; its reply is in `out` then.
  bool go_on(Client& client, base::Buffer& out);
  // Ends a wait whose deadline has come. False: its command is being run just now, ask again.
  bool time_out(Client& client, base::Buffer& out);

  // Runs a record of the log: no gates, no effects, no reply. The time must have been set to 0, so
  // that nothing ends while the log is replayed. Returns what is wrong with the record, or nothing.
  std::optional<std::string> replay(Client& client, Args args);

  // Removes keys that have ended, and fields of hashes, in shards that are due, for about
  // `budget_us`. Returns how many keys it looked at.
  std::size_t expire_cycle(std::int64_t budget_us);

  // Removes keys by the policy until memory is below `maxmemory`, for about `budget_us`.
  void evict_cycle(std::int64_t budget_us);

  // Gives up tracked keys until there are no more than allowed, but not many at a time.
  void limit_tracked_keys();

  // Drops everything the client holds on to: subscriptions, watched keys, its place in lists.
  void forget(Client& client);

  CommandContext& context() { return context_; }

  // --- scripts (executor_scripts.cc) ---
  // Gives every suspended script a slice of time; appends the clients whose script has ended: ask
  // go_on() for them.
  void resume_units(std::vector<std::uint64_t>& ended);
  bool has_running_units() const;
  // Stops a suspended script at once and drops what it did from the log: the server is stopping.
  void abandon(ScriptUnit& unit);
  void abandon_units();

  // For a script that runs in this executor: runs one of its commands inside the unit. Returns why
  // it was not run, or nothing: then its reply was appended. Every command that a script calls
  // passes here.
  std::string_view call(ScriptScope& scope, Args args, base::Buffer& reply);
  // Whether the script has had its turn: it should suspend() then.
  bool is_slice_over() const;
  void suspend();
  // Whether the script was killed.
  bool must_stop() const;

 private:
  // The rest of prepare(), when the command or its container was found.
  static void prepare_found(Request& request);
  // What happens to a request that has passed the gates.
  Outcome dispatch(Client& client, const Request& request);
  // False if a suspended script has the keys; nothing was executed then.
  bool run(Client& client, const Request& request);
  enum class Refusal : std::uint8_t { answered, postponed, over };
  Refusal refuse_busy(Client& client, const Command& command);

  bool runs_scripts(const Client& client, const Command& command) const;
  Outcome start_unit(Client& client, const Request& request, base::Buffer& out);
  void end_unit(ScriptUnit& unit);
  void give_back(std::unique_ptr<ScriptUnit> unit);
  bool take_unit_reply(Client& client, base::Buffer& out);
  void tell(std::span<const std::uint64_t> client_ids);
  // nullptr, and the reason, if the command cannot be run as asked.
  const Command* find_called(Args args, std::string_view& refusal) const;
  std::string_view call_refusal(ScriptScope& scope, const Command& command);
  std::string_view lock_called(ScriptScope& scope, const Command& command, Args args);
  bool take_token();
  void run_handler(Client& client, const Command& command, Args args, bool in_transaction);
  // The clock that commands are measured with: it stands still while a script is suspended.
  std::uint64_t ticks() const { return base::ticks() - suspended_ticks_; }
  // Counts a command that has run, and has a look at it if it is notable (executor_observation.cc).
  void note_run(const Client& client,
                const Command& command,
                Args args,
                std::uint64_t spent,
                std::size_t reply_bytes);
  void observe(const Client& client,
               const Command& command,
               Args args,
               std::uint64_t spent,
               std::size_t reply_bytes);
  void log_command(CommandLogType type,
                   std::int64_t value,
                   const Client& client,
                   const Command& command,
                   Args args);
  void note_keys(std::uint64_t spent, std::size_t bytes);
  // Whether the command is one that a script calls.
  bool is_called(const Client& client) const;
  void show_to_monitors(const Client& client, const Command& command, Args args);
  void finish();

  const Command* find(Client& client, const Request& request);
  bool gate(Client& client, const Command& command, Args args);
  bool is_paused(const Client& client, const Command& command, Args args) const;
  // Access control (executor_acl.cc). False: the client has to go, its connection is being closed.
  bool refresh_user(Client& client);
  // Why the client's user may not run this, which is logged then.
  std::optional<acl::Denial> denial(Client& client,
                                    const Command& command,
                                    Args args,
                                    acl::Origin origin);
  bool may_run(Client& client, const Command& command, Args args);
  // The same for a command that was queued; answers the error itself.
  bool may_still_run(Client& client, const Command& command, Args args);
  void queue(Client& client, const Command& command, Args args);
  bool take_locks(const Command& command, const Request& request);
  void reject(Client& client, const Command* command, std::string_view text);
  // Locks the keys of a request and those that it leads to.
  bool lock_led_keys(const Command& command, Args args);

  // Memory (executor_eviction.cc). make_room() does what evict_cycle() does; false if memory is
  // above the limit and no key may go. Requires: no shard is locked.
  bool make_room(std::int64_t budget_us);
  bool needs_memory(const Client& client, const Command& command, Args args) const;
  std::optional<std::size_t> evict_one(EvictionPolicy policy);
  bool sample_keys(EvictionPolicy policy);

  // Clients that cache (executor_tracking.cc). Remembers that the client has read the command's
  // keys, which are locked.
  void remember_read(const Client& client, const Command& command);
  // What CLIENT CACHING said is over, unless the command was one about clients.
  void end_caching(Client& client, const Command* command);

  // Clients that wait for keys (executor_blocking.cc).
  bool lock_with_waiters(std::span<const store::HashedKey> keys);
  void collect_related(std::span<const store::HashedKey> keys);
  void leave_queue(Client& client);
  void serve_waiting();
  void serve_key(int database, const std::string& key);
  bool can_serve(const Waiter& waiter);
  void serve(const std::shared_ptr<Waiter>& waiter);
  bool retry(const std::shared_ptr<Waiter>& waiter);
  void fill_keys(const Command& command, Args args);
  // Whether the channel that a command with Flag::uses_history names has one.
  bool has_history(Args args) const;

  // MULTI's end (transaction.cc). False if a suspended script has one of the keys: the transaction
  // is still to be run.
  bool execute_transaction(Client& client, const Request& request);
  void run_transaction(Client& client);
  bool lock_transaction(Client& client);
  bool is_spoilt(Client& client);

  Services& services_;
  pubsub::LoopSubscribers& subscribers_;
  LoopStatistics& statistics_;
  CommandContext context_;
  std::vector<KeyPosition> positions_;
  std::vector<store::HashedKey> transaction_keys_;
  std::vector<std::string> related_;           // keys of commands that wait for what is locked
  std::vector<store::HashedKey> locked_keys_;  // scratch
  std::vector<std::uint64_t> served_clients_;  // to be told when the unit is over
  std::vector<store::Entry*> expired_;
  base::Buffer replay_out_;
  std::vector<std::unique_ptr<ScriptUnit>> idle_units_;
  std::vector<std::unique_ptr<ScriptUnit>> suspended_units_;  // and those whose reply is not taken
  ScriptUnit* unit_ = nullptr;                                // whose commands these are
  std::uint64_t suspended_ticks_ = 0;                         // for how long it was suspended
  bool has_remembered_ = false;                               // a key that was read, in this unit
  std::size_t next_expiry_shard_ = 0;
  EvictionPool eviction_pool_;
  EvictionPolicy pooled_policy_ = EvictionPolicy::noeviction;  // what the pool's scores are about
};

}  // namespace duplex::commands
