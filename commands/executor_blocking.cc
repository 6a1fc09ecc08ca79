// Clients that wait for keys: served by whoever makes a key ready, before anybody else sees it.
#include "commands/executor.h"
#include "commands/script_host.h"

#include <algorithm>
#include <memory>
#include <string>
#include <thread>

namespace duplex::commands {

// Adds to related_ every key of every command that may have to be run because one of `keys`, or one
// that such a command changes in turn, becomes ready.
void Executor::collect_related(std::span<const store::HashedKey> keys) {
  related_.clear();
  const auto is_known = [&](const std::string& key, std::size_t before) {
    return std::any_of(keys.begin(), keys.end(), [&](const auto& own) { return own.key == key; }) ||
           std::find(related_.begin(),
                     related_.begin() + static_cast<std::ptrdiff_t>(before),
                     key) != related_.begin() + static_cast<std::ptrdiff_t>(before);
  };
  const auto add = [&](std::string_view key) {
    std::vector<std::string> found;
    services_.blocking.append_related(key, found);
    for (std::string& other : found)
      if (!is_known(other, related_.size())) related_.push_back(std::move(other));
  };
  for (const store::HashedKey& key : keys)
    add(key.key);
  for (std::size_t i = 0; i < related_.size(); ++i)
    add(std::string(related_[i]));
}

bool Executor::lock_with_waiters(std::span<const store::HashedKey> keys) {
  while (true) {
    collect_related(keys);
    locked_keys_.assign(keys.begin(), keys.end());
    const std::vector<std::string> wanted = related_;
    for (const std::string& key : wanted)
      locked_keys_.emplace_back(key);
    if (locked_keys_.empty()) return true;
    if (!context_.lock_.lock(locked_keys_)) return false;
    // Who began to wait before the locks were ours is known only now.
    collect_related(keys);
    const bool complete = std::all_of(related_.begin(), related_.end(), [&](const auto& key) {
      return context_.lock_.holds(store::HashedKey(key).shard());
    });
    if (complete) return true;
    context_.lock_.unlock_shards();
  }
}

void Executor::serve_waiting() {
  Client* const client = context_.client_;
  // Serving a client may make further keys ready: they join at the end.
  for (std::size_t i = 0; i < context_.ready_.size(); ++i) {
    const auto [database, key] = context_.ready_[i];
    serve_key(database, key);
  }
  context_.ready_.clear();
  context_.client_ = client;
}

void Executor::serve_key(int database, const std::string& key) {
  const store::HashedKey hashed(key);
  if (!context_.lock_.holds(hashed.shard())) return;
  std::uint64_t ticket = 0;
  while (const auto waiter = services_.blocking.next(database, key, ticket)) {
    ticket = waiter->ticket;
    const store::Table::Position at = context_.lock_.find(database, hashed);
    const bool fits = at && at.entry()->type() == waiter->request.type;
    if (!fits && !waiter->request.wakes_on_loss) continue;
    if (!can_serve(*waiter)) {
      // Its other keys are not locked, so its own loop runs it; those behind it wait for that.
      services_.blocking.ask_retry(*waiter);
      served_clients_.push_back(waiter->client_id);
      return;
    }
    if (services_.blocking.begin_serving(*waiter)) serve(waiter);
  }
}

bool Executor::can_serve(const Waiter& waiter) {
  std::vector<KeyPosition> positions;
  find_keys(*waiter.command.spec, waiter.args.view(), positions);
  return std::all_of(positions.begin(), positions.end(), [&](const KeyPosition& position) {
    return context_.lock_.holds(store::HashedKey(waiter.args.view()[position.index]).shard());
  });
}

void Executor::serve(const std::shared_ptr<Waiter>& waiter) {
  fill_keys(waiter->command, waiter->args.view());
  context_.client_ = &waiter->stand_in;
  context_.reply_ =
      resp::ReplyWriter(waiter->reply, waiter->stand_in.protocol.load(std::memory_order_relaxed));
  context_.serving_ = true;
  context_.migration_ = waiter->request.migration.get();
  run_handler(waiter->stand_in, waiter->command, waiter->args.view(), false);
  context_.serving_ = false;
  context_.migration_ = nullptr;
  // The pop stands in the log right behind the push.
  context_.flush_effects();
  services_.blocking.end_serving(waiter, !context_.blocked_);
  if (!context_.blocked_) served_clients_.push_back(waiter->client_id);
}

bool Executor::retry(const std::shared_ptr<Waiter>& waiter) {
  fill_keys(waiter->command, waiter->args.view());
  const std::vector<store::HashedKey> keys = context_.keys_;
  while (!lock_with_waiters(keys))
    if (services_.scripts->running().postpone(waiter->client_id)) return false;
  if (services_.blocking.begin_serving(*waiter)) serve(waiter);
  for (const std::string& key : waiter->keys)
    context_.signal_ready(waiter->stand_in.database.load(std::memory_order_relaxed), key);
  finish();
  return true;
}

bool Executor::go_on(Client& client, base::Buffer& out) {
  if (client.unit != nullptr) return take_unit_reply(client, out);
  const std::shared_ptr<Waiter> waiter = client.waiter;
  if (services_.blocking.wants_retry(*waiter) && !retry(waiter)) return false;
  if (!services_.blocking.is_over(*waiter)) return false;
  if (client.reply_mode == ReplyMode::on) out.append(waiter->reply.view());
  client.log_position = std::max(client.log_position, waiter->stand_in.log_position);
  client.waiter.reset();
  client.is_blocked.store(false, std::memory_order_relaxed);
  return true;
}

bool Executor::time_out(Client& client, base::Buffer& out) {
  if (services_.blocking.end(client.waiter, timeout_reply(*client.waiter)) ==
      Blocking::Ending::busy)
    return false;
  return go_on(client, out);
}

// The client is gone; those behind it in a queue must not wait for it.
void Executor::leave_queue(Client& client) {
  const std::shared_ptr<Waiter> waiter = client.waiter;
  while (services_.blocking.end(waiter, {}) == Blocking::Ending::busy)
    std::this_thread::yield();
  client.waiter.reset();
  client.is_blocked.store(false, std::memory_order_relaxed);
  if (!waiter->retrying) return;
  for (const std::string& key : waiter->keys) {
    const store::HashedKey hashed(key);
    // A script that changes the key serves those who wait for it.
    if (!lock_with_waiters({&hashed, 1})) continue;
    context_.signal_ready(waiter->stand_in.database.load(std::memory_order_relaxed), key);
    finish();
  }
}

}  // namespace duplex::commands
