// Runs requests on one loop: find, gate, queue, lock, run, log, notify.
#include "commands/executor.h"

#include "base/text.h"
#include "base/ticks.h"
#include "commands/channel_history.h"
#include "commands/errors.h"
#include "commands/guarded_actions.h"
#include "commands/observation.h"
#include "commands/script_unit.h"
#include "commands/transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace duplex::commands {

namespace {

// How long a command may be kept waiting for keys to be evicted; what is left is for those after
// it.
constexpr std::int64_t eviction_budget_us = 500;

std::string unknown_command(Args args) {
  std::string quoted;
  for (std::size_t i = 1; i < args.size() && quoted.size() < errors::shown_bytes_max; ++i)
    quoted += fmt::format("'{}' ", errors::shown(args[i], errors::shown_bytes_max - quoted.size()));
  return fmt::format(
      "ERR unknown command '{}', with args beginning with: {}", errors::shown(args[0]), quoted);
}

}  // namespace

Executor::Executor(Services& services,
                   pubsub::LoopSubscribers& subscribers,
                   LoopStatistics& statistics)
    : services_(services),
      subscribers_(subscribers),
      statistics_(statistics),
      context_(services, subscribers, statistics) {}

void Executor::prepare(Request& request) const {
  request.command = services_.table.find(request.args[0]);
  prepare_found(request);
}

void Executor::prepare_found(Request& request) {
  request.has_key = false;
  if (request.command == nullptr) return;
  if (!request.command->subcommands.empty() && request.args.size() > 1)
    if (const Command* sub = request.command->subcommand(request.args[1])) request.command = sub;
  const std::size_t at = request.command->only_key_index;
  if (at == 0 || at >= request.args.size()) return;
  request.key = store::HashedKey(request.args[at]);
  request.has_key = true;
}

void Executor::prefetch(std::span<const Request> requests, int database) const {
  for (const Request& request : requests)
    if (request.has_key) services_.keyspace.prefetch_group(database, request.key);
  for (const Request& request : requests)
    if (request.has_key) services_.keyspace.prefetch_entry(database, request.key);
}

Outcome Executor::execute(Client& client, Request& request, base::Buffer& out) {
  context_.client_ = &client;
  context_.reply_ = resp::ReplyWriter(out, client.protocol.load(std::memory_order_relaxed));
  if (request.command == nullptr) prepare(request);
  const std::size_t before = out.size();
  const Command* command = find(client, request);
  if (command != nullptr) {
    if (is_paused(client, *command, request.args)) return Outcome::postponed;
    client.last_command.store(command, std::memory_order_relaxed);
  }
  const ReplyMode mode = client.reply_mode;
  if (mode == ReplyMode::skip_next) client.reply_mode = ReplyMode::skip_this;
  Outcome outcome = Outcome::done;
  if (command != nullptr && gate(client, *command, request.args))
    outcome = runs_scripts(client, *command) ? start_unit(client, request, out)
                                             : dispatch(client, request);
  if (outcome == Outcome::postponed) {
    client.reply_mode = mode;
    return outcome;
  }
  if ((client.tracking.load(std::memory_order_relaxed) & tracking::caching) != 0) [[unlikely]]
    end_caching(client, request.command);
  if (client.reply_mode == ReplyMode::off || client.reply_mode == ReplyMode::skip_this)
    out.truncate(before);
  if (client.reply_mode == ReplyMode::skip_this) client.reply_mode = ReplyMode::on;
  // Only this loop writes it, so that it needs no locked instruction.
  client.commands_run.store(client.commands_run.load(std::memory_order_relaxed) + 1,
                            std::memory_order_relaxed);
  statistics_.commands_processed.add(1);
  return outcome;
}

const Command* Executor::find(Client& client, const Request& request) {
  const Command* command = request.command;
  if (command == nullptr) {
    if (services_.users.auth_required() && !client.authenticated.load(std::memory_order_relaxed))
      reject(client, nullptr, errors::no_auth);
    else
      reject(client, nullptr, unknown_command(request.args));
    return nullptr;
  }
  const bool lacks_subcommand = !command->subcommands.empty() && request.args.size() > 1;
  if (lacks_subcommand) {
    reject(client,
           nullptr,
           fmt::format("ERR unknown subcommand '{}'. Try {} HELP.",
                       errors::shown(request.args[1]),
                       base::uppered(request.args[0].substr(0, errors::shown_bytes_max))));
    return nullptr;
  }
  if (!arity_fits(*command->spec, request.args.size()) ||
      (command->spec->handler == nullptr && !command->subcommands.empty())) {
    reject(client,
           command,
           fmt::format("ERR wrong number of arguments for '{}' command", command->full_name));
    return nullptr;
  }
  return command;
}

void Executor::reject(Client& client, const Command* command, std::string_view text) {
  if (command != nullptr) statistics_.command(command->index).rejected.add(1);
  if (command != nullptr && is_exec(*command)) {
    discard_transaction(client, services_.watchers);
    constexpr std::string_view plain = "ERR ";
    if (text.starts_with(plain)) text.remove_prefix(plain.size());
    return context_.error(fmt::format("EXECABORT Transaction discarded because of: {}", text));
  }
  if (client.transaction.open) client.transaction.failed = true;
  context_.error(text);
}

bool Executor::is_paused(const Client& client, const Command& command, Args args) const {
  if (!services_.settings.is_paused(context_.now_ms_)) [[likely]]
    return false;
  if (services_.settings.pause_all.load(std::memory_order_relaxed)) return true;
  const auto may_change = [this](const Command& asked, Args words) {
    return has(asked.spec->flags, Flag::write | Flag::may_replicate) &&
           !(has(asked.spec->flags, Flag::runs_script) &&
             services_.scripts->never_writes(asked, words));
  };
  if (may_change(command, args)) return true;
  const auto& queue = client.transaction.queue;
  return is_exec(command) && std::any_of(queue.begin(), queue.end(), [&](const auto& queued) {
           return may_change(*queued.command, queued.args.view());
         });
}

bool Executor::gate(Client& client, const Command& command, Args args) {
  const CommandSpec& spec = *command.spec;
  Settings& settings = services_.settings;
  if (client.acl_version != services_.users.version()) [[unlikely]] {
    if (!refresh_user(client)) return false;
  }
  if (has(spec.flags, Flag::guarded)) [[unlikely]] {
    if (const auto refusal = guard_refusal(services_, client, command)) {
      reject(client, &command, *refusal);
      return false;
    }
  }
  if (services_.users.auth_required() && !client.authenticated.load(std::memory_order_relaxed) &&
      !has(spec.flags, Flag::no_auth)) {
    reject(client, &command, errors::no_auth);
    return false;
  }
  if (client.transaction.open && has(spec.flags, Flag::no_multi)) {
    reject(client, &command, "ERR Command not allowed inside a transaction");
    return false;
  }
  if (client.is_restricted && !acl::plainly_allows(*client.user, command, args) &&
      !may_run(client, command, args))
    return false;
  if (client.is_subscribed() &&
      client.protocol.load(std::memory_order_relaxed) == resp::Protocol::resp2 &&
      !has(spec.flags, Flag::subscriber)) {
    reject(
        client,
        &command,
        fmt::format("ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT "
                    "/ RESET are allowed in this context",
                    command.full_name));
    return false;
  }
  if (settings.loading.load(std::memory_order_relaxed) && !has(spec.flags, Flag::loading)) {
    reject(client, &command, errors::loading);
    return false;
  }
  if (has(spec.flags, Flag::write)) {
    if (const std::string_view refusal = services_.effects.refusal(); !refusal.empty()) {
      reject(client, &command, refusal);
      return false;
    }
  }
  if (settings.memory_bytes_max.load(std::memory_order_relaxed) != 0 &&
      needs_memory(client, command, args) && !make_room(eviction_budget_us)) {
    reject(client, &command, errors::out_of_memory);
    return false;
  }
  constexpr Flag of_keyspace = Flag::readonly | Flag::write | Flag::may_replicate;
  if (client.is_monitor.load(std::memory_order_relaxed) && has(spec.flags, of_keyspace))
      [[unlikely]] {
    reject(client, &command, "ERR Replica can't interact with the keyspace");
    return false;
  }
  if (client.transaction.open && !has(spec.flags, Flag::runs_in_multi)) {
    queue(client, command, args);
    return false;
  }
  return true;
}

bool Executor::needs_memory(const Client& client, const Command& command, Args args) const {
  const auto needs = [this](const Command& asked, Args words) {
    return has(asked.spec->flags, Flag::denyoom) ||
           (has(asked.spec->flags, Flag::uses_history) && has_history(words));
  };
  const auto& queue = client.transaction.queue;
  return needs(command, args) ||
         (is_exec(command) && std::any_of(queue.begin(), queue.end(), [&](const auto& queued) {
            return needs(*queued.command, queued.args.view());
          }));
}

void Executor::queue(Client& client, const Command& command, Args args) {
  const auto& queued = client.transaction.queue.emplace_back(&command, OwnedArgs(args));
  client.multi_bytes.fetch_add(sizeof(queued) + queued.args.memory_bytes(),
                               std::memory_order_relaxed);
  client.multi_count.store(static_cast<std::int32_t>(client.transaction.queue.size()),
                           std::memory_order_relaxed);
  context_.reply().status("QUEUED");
}

Outcome Executor::dispatch(Client& client, const Request& request) {
  const Command& command = *request.command;
  // wait() alone writes to memory that all loops share, also when there is nothing to wait for.
  const std::atomic<bool>& behind = services_.settings.snapshot_is_behind;
  if (behind.load(std::memory_order_relaxed)) [[unlikely]]
    behind.wait(true, std::memory_order_relaxed);
  while (is_exec(command) ? !execute_transaction(client, request) : !run(client, request)) {
    const Refusal refusal = refuse_busy(client, command);
    if (refusal == Refusal::answered) break;
    if (refusal == Refusal::postponed) return Outcome::postponed;
  }
  finish();
  return client.waiter ? Outcome::blocked : Outcome::done;
}

bool Executor::run(Client& client, const Request& request) {
  if (!take_locks(*request.command, request)) return false;
  run_handler(client, *request.command, request.args, false);
  return true;
}

bool Executor::take_locks(const Command& command, const Request& request) {
  context_.keys_.clear();
  const Flag flags = command.spec->flags;
  const bool runs_script = has(flags, Flag::runs_script);
  const bool may_wake = services_.blocking.count() != 0 && (has(flags, Flag::write) || runs_script);
  if (request.has_key && !may_wake) [[likely]] {
    context_.keys_.push_back(request.key);
    return context_.lock_.lock(request.key);
  }
  if (runs_script && !services_.scripts->stays_with_keys(command, request.args) &&
      !context_.lock_.lock_token())
    return false;
  // Who looks at all keys waits for a script that is in the middle of changing some.
  if (has(flags, Flag::visits_shards) && has(command.spec->categories, Category::keyspace) &&
      services_.keyspace.parked_units() != 0)
    return false;
  // A bad count of keys is the handler's to report: it knows the text.
  if (request.has_key)
    context_.keys_.push_back(request.key);
  else
    fill_keys(command, request.args);
  if (locks_all_shards(*command.spec, request.args)) return lock_led_keys(command, request.args);
  if (context_.keys_.empty()) return true;
  return may_wake ? lock_with_waiters(context_.keys_) : context_.lock_.lock(context_.keys_);
}

// Which keys they are is known for sure only when the locks are held, so it is asked again then.
bool Executor::lock_led_keys(const Command& command, Args args) {
  constexpr int rounds_max = 4;
  const auto find = command.spec->find_led_keys;
  std::vector<std::string> led;
  for (int round = 0; find != nullptr && round < rounds_max; ++round) {
    std::vector<store::HashedKey> keys = context_.keys_;
    for (const std::string& key : led)
      keys.emplace_back(key);
    const bool are_locked =
        services_.blocking.count() != 0 ? lock_with_waiters(keys) : context_.lock_.lock(keys);
    if (!are_locked) return false;
    std::vector<std::string> found;
    const bool are_few = find(context_, args, found);
    const bool are_held = std::all_of(found.begin(), found.end(), [&](const std::string& key) {
      return context_.lock_.holds(store::HashedKey(key).shard());
    });
    if (are_few && are_held) return true;
    context_.lock_.unlock();
    if (!are_few) break;
    led = std::move(found);
  }
  return context_.lock_.lock_all();
}

void Executor::run_handler(Client& client, const Command& command, Args args, bool in_transaction) {
  // What a script calls is shown behind the script.
  if (unit_ != nullptr && has(command.spec->flags, Flag::runs_script)) [[unlikely]]
    show_to_monitors(client, command, args);
  const std::uint64_t start = ticks();
  const std::size_t reply_before = context_.reply_.buffer().size();
  context_.begin(client, command, args, in_transaction);
  command.spec->handler(context_);
  context_.end();
  const std::uint64_t spent = ticks() - start;
  if (client.tracking.load(std::memory_order_relaxed) != 0) [[unlikely]]
    remember_read(client, command);
  note_run(client, command, args, spent, context_.reply_.buffer().size() - reply_before);
}

void Executor::note_run(const Client& client,
                        const Command& command,
                        Args args,
                        std::uint64_t spent,
                        std::size_t reply_bytes) {
  CommandStatistics& statistics = statistics_.command(command.index);
  const bool tracks_latency = services_.settings.tracks_latency.load(std::memory_order_relaxed);
  if (context_.blocked_ || context_.serving_) [[unlikely]] {
    // A call is counted when it begins and its time when it ends.
    if (!context_.serving_)
      statistics.note_begin(spent);
    else if (context_.blocked_)
      statistics.ticks.add(spent);
    else
      statistics.note_end(spent, tracks_latency);
  } else {
    statistics.note_call(spent, tracks_latency);
  }
  if (context_.failed_) statistics.failed.add(1);
  // Near enough: what the parser read lies in one piece, and inline requests are never large. What
  // a script calls was not sent, and its words lie anywhere.
  const std::uint64_t request_bytes =
      unit_ != nullptr ? 0
                       : reinterpret_cast<std::uintptr_t>(args.back().data() + args.back().size()) -
                             reinterpret_cast<std::uintptr_t>(args.front().data());
  if (services_.observation.is_notable(spent, request_bytes, reply_bytes)) [[unlikely]]
    observe(client, command, args, spent, reply_bytes);
}

void Executor::fill_keys(const Command& command, Args args) {
  context_.keys_.clear();
  if (has(command.spec->flags, Flag::uses_history)) [[unlikely]] {
    if (!has_history(args)) return;
    context_.history_key_ = history_key(args[1]);
    context_.keys_.emplace_back(context_.history_key_);
  }
  if (command.spec->keys.count == 0) return;
  positions_.clear();
  find_keys(*command.spec, args, positions_);
  for (const KeyPosition& position : positions_)
    if (!has(position.flags, KeyFlag::not_key)) context_.keys_.emplace_back(args[position.index]);
}

bool Executor::has_history(Args args) const {
  return services_.history != nullptr && services_.history->rule_of(args[1]).has_value();
}

void Executor::finish() {
  // The server stops: what such a script has done is nobody's any more.
  if (unit_ != nullptr && unit_->is_abandoned) {
    context_.effects_.clear();
    context_.publishing_.clear();
  }
  context_.flush_effects();
  if (!context_.ready_.empty()) [[unlikely]]
    serve_waiting();
  context_.lock_.unlock();
  if (!served_clients_.empty()) {
    for (const std::uint64_t id : served_clients_)
      services_.clients.with(id, [](const Client& c) { c.connection->request_unblock(); });
    served_clients_.clear();
  }
  for (store::EntryPtr& entry : context_.garbage_)
    services_.server.discard(std::move(entry));
  context_.garbage_.clear();
  if (!context_.table_garbage_.empty()) {
    services_.server.discard(std::move(context_.table_garbage_));
    context_.table_garbage_.clear();
  }
  if (has_remembered_) [[unlikely]]
    limit_tracked_keys();
  if (services_.hub.has_messages(subscribers_.loop())) subscribers_.deliver_waiting();
}

std::optional<std::string> Executor::replay(Client& client, Args args) {
  replay_out_.clear();
  context_.client_ = &client;
  context_.reply_ = resp::ReplyWriter(replay_out_, resp::Protocol::resp2);
  Request request{.args = args, .command = nullptr, .key = {}, .has_key = false};
  request.command = services_.table.find_logged(args[0]);
  prepare_found(request);
  if (request.command == nullptr) return unknown_command(args);
  if (!arity_fits(*request.command->spec, args.size()) || request.command->spec->handler == nullptr)
    return fmt::format("wrong number of arguments for '{}'", request.command->full_name);
  // Groups were checked to be whole, and nobody looks before the end: their borders do not matter.
  if (request.command->spec->group == "transactions") return std::nullopt;
  if (has(request.command->spec->flags, Flag::runs_script))
    return fmt::format("'{}' stands in the log instead of its effects", request.command->full_name);
  run(client, request);
  context_.effects_.clear();
  finish();
  if (!context_.failed_) return std::nullopt;
  return std::string(replay_out_.view().substr(1, replay_out_.size() - 3));
}

}  // namespace duplex::commands
