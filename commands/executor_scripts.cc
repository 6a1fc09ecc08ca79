// Scripts: units on a stack of their own that can be suspended, and the commands they call.
#include "base/clock.h"
#include "base/memory.h"
#include "base/ticks.h"
#include "commands/acl_session.h"
#include "commands/errors.h"
#include "commands/executor.h"
#include "commands/script_unit.h"
#include "commands/transaction.h"

#include <algorithm>
#include <utility>

namespace duplex::commands {

namespace {

// Enough for the deepest recursion that Lua and its libraries allow; only touched pages count.
constexpr std::size_t stack_bytes = 8 * 1024 * 1024;
// How long a script may keep its loop before others have their turn.
constexpr std::uint64_t slice_us = 2000;
// How many units without work a loop keeps, with their interpreters.
constexpr std::size_t idle_units_max = 4;
// How long a script that strays waits for the token. It holds shards meanwhile, so that the
// token's holder may be waiting for it in turn: that must have an end.
constexpr std::int64_t token_wait_us = 2000;

std::uint64_t next_slice_end() {
  return base::ticks() +
         static_cast<std::uint64_t>(static_cast<double>(slice_us) * base::ticks_per_us());
}

bool is_running_script(const Command& command) {
  return has(command.spec->flags, Flag::runs_script);
}

}  // namespace

void ScriptScope::begin(const Client& caller) {
  read_only = false;
  allows_oom = true;
  has_written = false;
  has_strayed = false;
  is_logged = true;
  kind = RunningScript::Kind::eval;
  name = {};
  client.id = caller.id;
  client.connection = caller.connection;
  client.loop = caller.loop;
  client.database.store(caller.database.load(std::memory_order_relaxed), std::memory_order_relaxed);
  client.protocol.store(resp::Protocol::resp2, std::memory_order_relaxed);
  client.no_touch.store(caller.no_touch.load(std::memory_order_relaxed), std::memory_order_relaxed);
  client.is_import_source.store(caller.is_import_source.load(std::memory_order_relaxed),
                                std::memory_order_relaxed);
  client.tracking.store(caller.tracking.load(std::memory_order_relaxed), std::memory_order_relaxed);
  if (client.user != caller.user) client.user = caller.user;
  client.is_restricted = caller.is_restricted;
}

ScriptUnit::ScriptUnit(Services& services,
                       pubsub::LoopSubscribers& subscribers,
                       LoopStatistics& statistics)
    : executor(services, subscribers, statistics), fiber(stack_bytes) {}

void ScriptUnit::keep(const Request& asked) {
  bytes_.clear();
  words_.clear();
  for (const std::string_view word : asked.args)
    bytes_.append(word);
  std::size_t at = 0;
  for (const std::string_view word : asked.args) {
    words_.push_back(std::string_view(bytes_).substr(at, word.size()));
    at += word.size();
  }
  request = asked;
  request.args = words_;
}

Executor::~Executor() {
  // What is still suspended belongs to clients that are gone.
  abandon_units();
}

bool Executor::runs_scripts(const Client& client, const Command& command) const {
  if (is_running_script(command)) [[unlikely]]
    return true;
  if (!is_exec(command)) [[likely]]
    return false;
  const auto& queue = client.transaction.queue;
  return std::any_of(queue.begin(), queue.end(), [](const Transaction::Queued& queued) {
    return is_running_script(*queued.command);
  });
}

Outcome Executor::start_unit(Client& client, const Request& request, base::Buffer& out) {
  if (idle_units_.empty()) {
    idle_units_.push_back(std::make_unique<ScriptUnit>(services_, subscribers_, statistics_));
    idle_units_.back()->executor.unit_ = idle_units_.back().get();
    idle_units_.back()->executor.context_.unit_ = idle_units_.back().get();
  }
  std::unique_ptr<ScriptUnit> unit = std::move(idle_units_.back());
  idle_units_.pop_back();
  unit->keep(request);
  unit->client = &client;
  unit->is_over = false;
  unit->is_silent = client.reply_mode != ReplyMode::on;
  unit->slice_end = next_slice_end();
  unit->executor.set_now(context_.now_ms_);
  CommandContext& context = unit->executor.context_;
  context.client_ = &client;
  context.reply_ = resp::ReplyWriter(unit->reply, client.protocol.load(std::memory_order_relaxed));
  ScriptUnit* const running = unit.get();
  const bool ended = unit->fiber.start([running] {
    running->outcome = running->executor.dispatch(*running->client, running->request);
  });
  if (!ended) {
    client.unit = running;
    suspended_units_.push_back(std::move(unit));
    return Outcome::blocked;
  }
  out.append(unit->reply.view());
  const Outcome outcome = unit->outcome;
  give_back(std::move(unit));
  return outcome;
}

void Executor::give_back(std::unique_ptr<ScriptUnit> unit) {
  unit->reply.clear();
  unit->client = nullptr;
  if (idle_units_.size() < idle_units_max) idle_units_.push_back(std::move(unit));
}

// Runs on the unit's stack: lets others have their turn, and comes back for the next slice.
void Executor::suspend() {
  if (!unit_->running) {
    auto running = std::make_shared<RunningScript>();
    running->kind = unit_->scope.kind;
    running->name = unit_->scope.name;
    for (const std::string_view word : unit_->request.args)
      running->command.emplace_back(word);
    running->started_us = base::steady_us();
    running->has_written.store(unit_->scope.has_written, std::memory_order_release);
    unit_->running = std::move(running);
    services_.scripts->running().add(unit_->running);
  }
  const std::uint64_t start = base::ticks();
  context_.lock_.park();
  // Those of this loop who listen would wait for the script's end.
  if (services_.hub.has_messages(subscribers_.loop())) subscribers_.deliver_waiting();
  unit_->fiber.suspend();
  context_.lock_.unpark();
  suspended_ticks_ += base::ticks() - start;
}

void Executor::tell(std::span<const std::uint64_t> client_ids) {
  for (const std::uint64_t id : client_ids)
    services_.clients.with(id, [](const Client& c) { c.connection->request_resume(); });
}

void Executor::end_unit(ScriptUnit& unit) {
  unit.is_over = true;
  const RunningScripts::Pointer running = std::exchange(unit.running, nullptr);
  tell(services_.scripts->running().remove(running));
}

void Executor::resume_units(std::vector<std::uint64_t>& ended) {
  for (const auto& unit : suspended_units_) {
    if (unit->is_over) continue;
    unit->slice_end = next_slice_end();
    if (!unit->fiber.resume()) continue;
    end_unit(*unit);
    ended.push_back(unit->client->id);
  }
  if (services_.scripts != nullptr)
    tell(services_.scripts->running().take_overdue(
        services_.settings.busy_threshold_ms.load(std::memory_order_relaxed)));
}

bool Executor::has_running_units() const {
  return std::any_of(suspended_units_.begin(), suspended_units_.end(), [](const auto& unit) {
    return !unit->is_over;
  });
}

bool Executor::take_unit_reply(Client& client, base::Buffer& out) {
  if (!client.unit->is_over) return false;
  const auto at = std::find_if(suspended_units_.begin(),
                               suspended_units_.end(),
                               [&](const auto& unit) { return unit.get() == client.unit; });
  std::unique_ptr<ScriptUnit> unit = std::move(*at);
  suspended_units_.erase(at);
  if (!unit->is_silent) out.append(unit->reply.view());
  client.unit = nullptr;
  end_caching(client, unit->request.command);
  give_back(std::move(unit));
  return true;
}

void Executor::abandon(ScriptUnit& unit) {
  unit.is_abandoned = true;
  while (!unit.is_over) {
    unit.slice_end = 0;
    if (unit.fiber.resume()) end_unit(unit);
  }
  base::Buffer nobody;
  unit.client->unit = &unit;
  take_unit_reply(*unit.client, nobody);
}

void Executor::abandon_units() {
  while (!suspended_units_.empty())
    abandon(*suspended_units_.front());
}

bool Executor::is_slice_over() const {
  return base::ticks() >= unit_->slice_end;
}

bool Executor::must_stop() const {
  return unit_->is_abandoned ||
         (unit_->running && unit_->running->killed.load(std::memory_order_acquire));
}

// A command that needs what a suspended unit holds.
Executor::Refusal Executor::refuse_busy(Client& client, const Command& command) {
  context_.lock_.unlock();
  RunningScripts& running = services_.scripts->running();
  const auto text =
      running.busy_text(services_.settings.busy_threshold_ms.load(std::memory_order_relaxed));
  if (text) {
    reject(client, &command, *text);
    return Refusal::answered;
  }
  return running.postpone(client.id) ? Refusal::postponed : Refusal::over;
}

// --- what a script calls ---

std::string_view Executor::call_refusal(ScriptScope& scope, const Command& command) {
  const CommandSpec& spec = *command.spec;
  if (has(spec.flags, Flag::noscript)) return "ERR This Redis command is not allowed from script";
  if (has(spec.flags, Flag::write)) {
    if (scope.read_only) return "ERR Write commands are not allowed from read-only scripts.";
    if (const std::string_view refusal = services_.effects.refusal(); !refusal.empty())
      return refusal;
  }
  // A script that has begun to write is let finish.
  if (has(spec.flags, Flag::denyoom) && !scope.allows_oom && !scope.has_written)
    return errors::out_of_memory;
  return {};
}

const Command* Executor::find_called(Args args, std::string_view& refusal) const {
  const Command* command = services_.table.find(args[0]);
  if (command != nullptr && !command->subcommands.empty() && args.size() > 1)
    command = command->subcommand(args[1]);
  if (command == nullptr) {
    refusal = "ERR Unknown Redis command called from script";
    return nullptr;
  }
  const int arity = command->spec->arity;
  const auto count = static_cast<int>(args.size());
  if ((arity > 0 ? count != arity : count < -arity) || command->spec->handler == nullptr) {
    refusal = "ERR Wrong number of args calling Redis command from script";
    return nullptr;
  }
  return command;
}

// Takes the token for a script that was let begin without it.
bool Executor::take_token() {
  if (context_.lock_.try_token()) return true;
  const std::int64_t end_us = base::steady_us() + token_wait_us;
  while (base::steady_us() < end_us)
    if (context_.lock_.try_token()) return true;
  return false;
}

// Locks what the keys in context_.keys_ need; nothing may be given back for it.
std::string_view Executor::lock_called(ScriptScope& scope, const Command& command, Args args) {
  const bool all =
      locks_all_shards(*command.spec, args) || has(command.spec->flags, Flag::visits_shards);
  const auto is_held = [this](const store::HashedKey& key) {
    return context_.lock_.holds(key.shard());
  };
  if (!all && std::all_of(context_.keys_.begin(), context_.keys_.end(), is_held)) [[likely]]
    return {};
  if (context_.lock_.holds_all()) return {};
  scope.has_strayed = true;
  if (!take_token())
    return "ERR Script attempted to access a key it was not given, while another "
           "script was running";
  const auto lock_until_done = [&](auto&& lock) {
    // Another script that is suspended has it: it goes on while this one is.
    while (!lock()) {
      if (must_stop()) return false;
      suspend();
    }
    return true;
  };
  constexpr std::string_view stopped = "ERR Script killed by user with SCRIPT KILL.";
  if (all) return lock_until_done([&] { return context_.lock_.add_all(); }) ? "" : stopped;
  for (const store::HashedKey& key : context_.keys_)
    if (!is_held(key) && !lock_until_done([&] { return context_.lock_.add(key.shard()); }))
      return stopped;
  return {};
}

std::string_view Executor::call(ScriptScope& scope, Args args, base::Buffer& reply) {
  std::string_view refusal;
  const Command* command = find_called(args, refusal);
  if (command == nullptr) return refusal;
  refusal = call_refusal(scope, *command);
  Client& caller = *context_.client_;
  context_.client_ = &scope.client;
  const auto back = [&] { context_.client_ = &caller; };
  if (refusal.empty()) {
    if (const auto denied = denial(scope.client, *command, args, acl::Origin::lua))
      refusal = context_.keep("NOPERM ACL failure in script: " +
                              acl::denial_text(*denied, *scope.client.user, *command, args, false));
  }
  if (refusal.empty()) {
    fill_keys(*command, args);
    refusal = lock_called(scope, *command, args);
  }
  if (!refusal.empty()) {
    statistics_.command(command->index).rejected.add(1);
    back();
    return refusal;
  }
  if (has(command->spec->flags, Flag::write) && !scope.has_written) {
    scope.has_written = true;
    if (unit_->running) unit_->running->has_written.store(true, std::memory_order_release);
  }
  const resp::ReplyWriter caller_reply = context_.reply_;
  const Args caller_args = context_.args_;
  const Command* const caller_command = context_.command_;
  const bool caller_in_transaction = context_.in_transaction_;
  context_.reply_ = resp::ReplyWriter(reply, scope.client.protocol.load(std::memory_order_relaxed));
  const std::size_t effects_before = context_.effects_.size();
  run_handler(scope.client, *command, args, true);
  if (!scope.is_logged)
    context_.effects_.drop_since(effects_before);
  else
    context_.effects_.own_since(effects_before);
  context_.reply_ = caller_reply;
  context_.args_ = caller_args;
  context_.command_ = caller_command;
  context_.in_transaction_ = caller_in_transaction;
  context_.changed_ = false;
  context_.effect_chosen_ = false;
  context_.has_counted_ = false;
  context_.counted_changes_ = 0;
  context_.failed_ = false;
  context_.keys_.clear();
  back();
  return {};
}

}  // namespace duplex::commands
