// MULTI, EXEC, DISCARD, WATCH and UNWATCH.
#include "commands/transaction.h"

#include "commands/channel_history.h"
#include "commands/client_tracking.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/executor.h"
#include "commands/monitors.h"
#include "commands/subscriptions.h"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>

namespace duplex::commands {

namespace {

void multi(CommandContext& ctx) {
  Transaction& transaction = ctx.client().transaction;
  if (transaction.open) return ctx.error("ERR MULTI calls can not be nested");
  transaction.open = true;
  ctx.client().multi_count.store(0, std::memory_order_relaxed);
  ctx.reply().ok();
}

void discard(CommandContext& ctx) {
  if (!ctx.client().transaction.open) return ctx.error("ERR DISCARD without MULTI");
  discard_transaction(ctx.client(), ctx.services().watchers);
  ctx.reply().ok();
}

void watch(CommandContext& ctx) {
  Client& client = ctx.client();
  Transaction& transaction = client.transaction;
  if (transaction.open) return ctx.error("ERR WATCH inside MULTI is not allowed");
  if (!transaction.dirty) transaction.dirty = std::make_shared<std::atomic<bool>>(false);
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const store::HashedKey& key = ctx.key(i);
    const bool known = std::any_of(
        transaction.watched.begin(), transaction.watched.end(), [&](const auto& watched) {
          return watched.database == ctx.database() && watched.key == key.key;
        });
    if (known) continue;
    const bool there = ctx.peek(key) != nullptr;
    transaction.watched.push_back({ctx.database(), std::string(key.key), there});
    ctx.services().watchers.add(ctx.database(), key.key, transaction.dirty);
  }
  client.watch_count.store(static_cast<std::uint32_t>(transaction.watched.size()),
                           std::memory_order_relaxed);
  ctx.reply().ok();
}

void unwatch(CommandContext& ctx) {
  unwatch_all(ctx.client(), ctx.services().watchers);
  ctx.reply().ok();
}

// The executor runs EXEC itself (execute_transaction); this entry only has to exist.
void exec(CommandContext& ctx) {
  ctx.error("ERR EXEC without MULTI");
}

constexpr Flag multi_flags = Flag::noscript | Flag::loading | Flag::stale | Flag::fast |
                             Flag::allow_busy | Flag::runs_in_multi;

constexpr CommandSpec specs[] = {
    {.name = "DISCARD",
     .arity = 1,
     .flags = multi_flags,
     .categories = Category::fast | Category::transaction,
     .handler = discard,
     .group = "transactions",
     .summary = "Discards a transaction.",
     .complexity = "O(N), when N is the number of queued commands",
     .since = "2.0.0"},
    {.name = "EXEC",
     .arity = 1,
     .flags =
         Flag::noscript | Flag::loading | Flag::stale | Flag::skip_slowlog | Flag::runs_in_multi,
     .categories = Category::slow | Category::transaction,
     .handler = exec,
     .group = "transactions",
     .summary = "Executes all commands in a transaction.",
     .complexity = "Depends on commands in the transaction",
     .since = "1.2.0"},
    {.name = "MULTI",
     .arity = 1,
     .flags = multi_flags,
     .categories = Category::fast | Category::transaction,
     .handler = multi,
     .group = "transactions",
     .summary = "Starts a transaction.",
     .complexity = "O(1)",
     .since = "1.2.0"},
    {.name = "UNWATCH",
     .arity = 1,
     .flags = Flag::noscript | Flag::loading | Flag::stale | Flag::fast | Flag::allow_busy,
     .categories = Category::fast | Category::transaction,
     .handler = unwatch,
     .group = "transactions",
     .summary = "Forgets about watched keys of a transaction.",
     .complexity = "O(1)",
     .since = "2.2.0"},
    {.name = "WATCH",
     .arity = -2,
     .flags = multi_flags,
     .categories = Category::fast | Category::transaction,
     .keys = keys(range(1, -1, 1, KeyFlag::ro)),
     .handler = watch,
     .group = "transactions",
     .syntax = "key [key ...]",
     .summary = "Monitors changes to keys to determine the execution of a transaction.",
     .complexity = "O(1) for every key.",
     .since = "2.2.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> transaction_commands() {
  return specs;
}

bool is_exec(const Command& command) {
  return command.spec->handler == exec;
}

void unwatch_all(Client& client, Watchers& watchers) {
  Transaction& transaction = client.transaction;
  for (const Transaction::Watched& watched : transaction.watched)
    watchers.remove(watched.database, watched.key, transaction.dirty);
  transaction.watched.clear();
  transaction.dirty.reset();
  client.watch_count.store(0, std::memory_order_relaxed);
}

void discard_transaction(Client& client, Watchers& watchers) {
  client.transaction.open = false;
  client.transaction.failed = false;
  client.transaction.queue.clear();
  client.multi_count.store(-1, std::memory_order_relaxed);
  client.multi_bytes.store(0, std::memory_order_relaxed);
  unwatch_all(client, watchers);
}

// Takes the shards of every key that is queued or watched.
bool Executor::lock_transaction(Client& client) {
  transaction_keys_.clear();
  bool all = false;
  bool runs_script = false;
  std::deque<std::string> histories;
  for (const Transaction::Queued& queued : client.transaction.queue) {
    const CommandSpec& spec = *queued.command->spec;
    if (has(spec.flags, Flag::uses_history) && has_history(queued.args.view())) [[unlikely]]
      transaction_keys_.emplace_back(
          histories.emplace_back(history_key(queued.args.view()[1])));
    runs_script |= has(spec.flags, Flag::runs_script);
    all |= has(spec.flags, Flag::visits_shards) || locks_all_shards(spec, queued.args.view());
    positions_.clear();
    find_keys(spec, queued.args.view(), positions_);
    for (const KeyPosition& position : positions_)
      transaction_keys_.emplace_back(queued.args.view()[position.index]);
  }
  for (const Transaction::Watched& watched : client.transaction.watched)
    transaction_keys_.emplace_back(watched.key);
  if (all) return context_.lock_.lock_all();
  if (runs_script && !context_.lock_.lock_token()) return false;
  if (services_.blocking.count() != 0) return lock_with_waiters(transaction_keys_);
  return transaction_keys_.empty() || context_.lock_.lock(transaction_keys_);
}

bool Executor::is_spoilt(Client& client) {
  const Transaction& transaction = client.transaction;
  if (transaction.dirty && transaction.dirty->load(std::memory_order_acquire)) return true;
  // A watched key that has ended meanwhile counts as changed, even if nobody has removed it yet.
  return std::any_of(
      transaction.watched.begin(), transaction.watched.end(), [&](const auto& watched) {
        if (!watched.was_there) return false;
        const auto at = context_.lock_.find(watched.database, store::HashedKey(watched.key));
        return at && at.entry()->is_expired(context_.now_ms_);
      });
}

bool Executor::execute_transaction(Client& client, const Request& request) {
  const bool runs = client.transaction.open && !client.transaction.failed;
  if (runs && !lock_transaction(client)) return false;
  const std::uint64_t start = ticks();
  const std::size_t reply_before = context_.reply_.buffer().size();
  context_.begin(client, *request.command, request.args, false);
  run_transaction(client);
  // What its commands have used is theirs.
  context_.keys_.clear();
  note_run(client,
           *request.command,
           request.args,
           ticks() - start,
           context_.reply_.buffer().size() - reply_before);
  return true;
}

void Executor::run_transaction(Client& client) {
  Transaction& transaction = client.transaction;
  if (!transaction.open) return context_.error("ERR EXEC without MULTI");
  if (transaction.failed) {
    discard_transaction(client, services_.watchers);
    return context_.error(errors::exec_aborted);
  }
  if (is_spoilt(client)) {
    discard_transaction(client, services_.watchers);
    return context_.reply().null_array();
  }
  const std::vector<Transaction::Queued> queued = std::exchange(transaction.queue, {});
  discard_transaction(client, services_.watchers);
  context_.reply().array(queued.size());
  for (const Transaction::Queued& next : queued) {
    if (!may_still_run(client, *next.command, next.args.view())) continue;
    fill_keys(*next.command, next.args.view());
    run_handler(client, *next.command, next.args.view(), true);
    // A command may have switched the protocol or the database for the ones behind it.
    context_.reply_.set_protocol(client.protocol.load(std::memory_order_relaxed));
  }
  // That the last of them failed is no failure of EXEC.
  context_.failed_ = false;
  // The effects point into the queued arguments, so they are logged before those go.
  context_.flush_effects();
}

void Executor::forget(Client& client) {
  if (client.waiter) leave_queue(client);
  stop_tracking(services_, client);
  discard_transaction(client, services_.watchers);
  unsubscribe_all(client, subscribers_);
  stop_monitoring(services_, client, subscribers_);
}

}  // namespace duplex::commands
