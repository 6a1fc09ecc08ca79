// What a handler is given: its arguments, its keys under their lock, and ways to answer and change.
#include "commands/command_context.h"

#include "base/numbers.h"
#include "base/text.h"
#include "commands/live_keys.h"
#include "store/hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

namespace duplex::commands {

namespace {

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  base::secure_random(&seed, sizeof seed);
  return seed;
}

}  // namespace

CommandContext::CommandContext(Services& services,
                               pubsub::LoopSubscribers& subscribers,
                               LoopStatistics& statistics)
    : services_(services),
      subscribers_(subscribers),
      statistics_(statistics),
      random_(random_seed()),
      reply_(no_reply_, resp::Protocol::resp2),
      lock_(services.keyspace) {}

void CommandContext::begin(Client& client, const Command& command, Args args, bool in_transaction) {
  client_ = &client;
  command_ = &command;
  args_ = args;
  in_transaction_ = in_transaction;
  changed_ = false;
  effect_chosen_ = false;
  has_counted_ = false;
  counted_changes_ = 0;
  failed_ = false;
  blocked_ = false;
}

void CommandContext::end() {
  if (changed_ && !effect_chosen_) {
    effect(args_);
    // The log is read by servers that have not renamed the command.
    if (command_->is_renamed()) effects_.rename_last(command_->spec->name);
  }
  if (!effects_.empty()) effects_.count(counted_changes_);
}

void CommandContext::error(std::string_view text) {
  failed_ = true;
  statistics_.note_error(text.substr(0, text.find(' ')));
  reply_.error(text);
}

bool CommandContext::may_read_every_key() const {
  return !client_->is_restricted || acl::may_read_every_key(*client_->user, *command_, args_);
}

void CommandContext::unknown_subcommand() {
  const std::string name = base::uppered(arg(0));
  error(fmt::format("ERR unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.",
                    errors::shown(arg(1)),
                    name));
}

void CommandContext::help(std::initializer_list<std::string_view> lines) {
  const std::string name = base::uppered(arg(0));
  reply_.array(lines.size() + 3);
  reply_.status(fmt::format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", name));
  for (const std::string_view line : lines)
    reply_.status(line);
  reply_.status("HELP");
  reply_.status("    Print this help.");
}

std::optional<std::int64_t> CommandContext::integer_arg(std::size_t index) {
  const auto value = base::parse_int64(args_[index]);
  if (!value) error(errors::not_an_integer);
  return value;
}

bool CommandContext::sees_ended() const {
  return client_->is_import_source.load(std::memory_order_relaxed) &&
         services_.settings.import_mode.load(std::memory_order_relaxed);
}

store::Table::Position CommandContext::find_live(int database,
                                                 const store::HashedKey& key,
                                                 bool to_change) {
  const store::Table::Position at = lock_.find(database, key);
  if (at && at.slot->has_expiry() && at.entry()->is_expired(now_ms_)) [[unlikely]] {
    if (sees_ended()) return at;
    if (to_change || !keeps_ended()) expire(database, key, at);
    return {};
  }
  return at;
}

store::Entry* CommandContext::look(int database, const store::HashedKey& key, Miss miss) {
  const store::Table::Position at = find_live(database, key, false);
  if (!at) {
    statistics_.keyspace_misses.add(1);
    if (miss == Miss::announced && (services_.settings.events.load(std::memory_order_relaxed) &
                                    static_cast<std::uint16_t>(Event::key_miss)) != 0)
      notify(database, key.key, Event::key_miss, "keymiss");
    return nullptr;
  }
  statistics_.keyspace_hits.add(1);
  return at.entry();
}

store::Entry* CommandContext::read(int database, const store::HashedKey& key) {
  store::Entry* const entry = look(database, key, Miss::announced);
  if (entry != nullptr && !client_->no_touch.load(std::memory_order_relaxed)) note_use(*entry);
  return entry;
}

store::Entry* CommandContext::peek(int database, const store::HashedKey& key) {
  const store::Table::Position at = find_live(database, key, false);
  return at ? at.entry() : nullptr;
}

bool CommandContext::read_type(const store::HashedKey& key,
                               store::ValueType type,
                               store::Entry*& entry) {
  entry = read(key);
  if (entry == nullptr || entry->type() == type) return true;
  error(errors::wrong_type);
  return false;
}

store::Table::Position CommandContext::find(int database, const store::HashedKey& key) {
  const store::Table::Position at = find_live(database, key, true);
  if (!at) return at;
  lock_.before_change(database, key, at);
  note_use(*at.entry());
  return at;
}

bool CommandContext::find_type(const store::HashedKey& key,
                               store::ValueType type,
                               store::Table::Position& at) {
  at = find(key);
  if (!at || at.entry()->type() == type) return true;
  error(errors::wrong_type);
  return false;
}

bool CommandContext::erase_if_empty(const store::HashedKey& key,
                                    store::Table::Position at,
                                    bool is_empty) {
  if (!is_empty) return false;
  erase(key, at);
  notify(database(), key.key, Event::generic, "del");
  return true;
}

store::Table::Position CommandContext::put(int database,
                                           const store::HashedKey& key,
                                           store::Table::Position at,
                                           store::EntryPtr entry) {
  if (counts_frequency(services_.settings.eviction_policy.load(std::memory_order_relaxed)))
    entry->touch(at ? at.entry()->access_clock() : access_mark::Frequency::of_new(now_ms_));
  else
    entry->touch(access_mark::of_time(now_ms_));
  if (!at) {
    notify(database, key.key, Event::created, "new");
    return lock_.insert(database, key, std::move(entry));
  }
  discard(lock_.replace(database, key, at, std::move(entry)));
  return at;
}

store::Table::Position CommandContext::put_anew(int database,
                                                const store::HashedKey& key,
                                                store::Table::Position at,
                                                store::EntryPtr entry) {
  if (at) notify(database, key.key, Event::created, "new");
  return put(database, key, at, std::move(entry));
}

store::EntryPtr CommandContext::take(int database,
                                     const store::HashedKey& key,
                                     store::Table::Position at) {
  return lock_.erase(database, key, at);
}

void CommandContext::discard(store::EntryPtr entry) {
  if (entry && entry->is_heavy()) garbage_.push_back(std::move(entry));
}

void CommandContext::discard(std::vector<store::Table> tables) {
  for (store::Table& table : tables)
    table_garbage_.push_back(std::move(table));
}

void CommandContext::touch_key(int database, const store::HashedKey& key, bool by_itself) {
  services_.watchers.touch(database, key.key);
  if (services_.live_keys != nullptr && services_.live_keys->is_watched(key) &&
      database == live_database) [[unlikely]]
    note_live(key.key);
  const std::uint64_t client = client_ == nullptr ? 0 : client_->id;
  services_.tracking.key_changed(
      key, {.loop = subscribers_.loop(), .during = client, .changed_by = by_itself ? 0 : client});
}

void CommandContext::changed(int database,
                             const store::HashedKey& key,
                             Event event,
                             std::string_view name) {
  touch_key(database, key, false);
  changed_ = true;
  signal_ready(database, key.key);
  notify(database, key.key, event, name);
}

void CommandContext::changed_unwatched(const store::HashedKey& key,
                                       Event event,
                                       std::string_view name) {
  changed_ = true;
  signal_ready(database(), key.key);
  notify(database(), key.key, event, name);
}

void CommandContext::signal_ready(int database, std::string_view key) {
  if (services_.blocking.count() == 0) [[likely]]
    return;
  if (!services_.blocking.has_waiters(database, key)) return;
  const bool known = std::any_of(ready_.begin(), ready_.end(), [&](const auto& ready) {
    return ready.first == database && ready.second == key;
  });
  if (!known) ready_.emplace_back(database, key);
}

void CommandContext::block(const BlockRequest& request) {
  blocked_ = true;
  if (serving_) return;
  auto waiter =
      std::make_shared<Waiter>(client_->id, *command_, request.args.empty() ? args_ : request.args);
  waiter->request = request;
  waiter->request.args = {};
  for (std::size_t i = 0; i < request.key_count; ++i)
    waiter->keys.emplace_back(keys_[request.first_key + i].key);
  waiter->stand_in.id = client_->id;
  waiter->stand_in.loop = client_->loop;
  waiter->stand_in.tracking.store(client_->tracking.load(std::memory_order_relaxed),
                                  std::memory_order_relaxed);
  waiter->stand_in.database.store(database(), std::memory_order_relaxed);
  waiter->stand_in.protocol.store(reply_.protocol(), std::memory_order_relaxed);
  client_->waiter = waiter;
  client_->is_blocked.store(true, std::memory_order_relaxed);
  services_.blocking.add(waiter);
}

std::optional<std::int64_t> CommandContext::timeout_arg(std::size_t index) {
  const auto seconds = base::parse_long_double(args_[index]);
  const auto refuse = [&](std::string_view text) {
    error(text);
    return std::nullopt;
  };
  if (!seconds) return refuse("ERR timeout is not a float or out of range");
  const long double ms = std::ceil(*seconds * 1000);
  if (ms > static_cast<long double>(std::numeric_limits<std::int64_t>::max()))
    return refuse("ERR timeout is out of range");
  if (ms < 0) return refuse("ERR timeout is negative");
  if (ms == 0) return 0;
  const auto wait_ms = static_cast<std::int64_t>(ms);
  if (wait_ms > std::numeric_limits<std::int64_t>::max() - now_ms_)
    return refuse("ERR timeout is out of range");
  return now_ms_ + wait_ms;
}

void CommandContext::notify(int database,
                            std::string_view key,
                            Event event,
                            std::string_view name) {
  const std::uint16_t wanted = services_.settings.events.load(std::memory_order_relaxed);
  if ((wanted & static_cast<std::uint16_t>(event)) == 0) return;
  const auto publish = [&](const std::string& channel, std::string_view payload) {
    subscribers_.publish(
        std::make_shared<const pubsub::Message>(pubsub::Kind::channel, channel, payload));
  };
  if ((wanted & static_cast<std::uint16_t>(Event::keyspace)) != 0)
    publish(fmt::format("__keyspace@{}__:{}", database, key), name);
  if ((wanted & static_cast<std::uint16_t>(Event::keyevent)) != 0)
    publish(fmt::format("__keyevent@{}__:{}", database, name), key);
}

void CommandContext::effect(int database, std::span<const std::string_view> args) {
  effect_chosen_ = true;
  effects_.add(database, args);
  if (!has_counted_) ++counted_changes_;
}

void CommandContext::note_use(store::Entry& entry) {
  const Settings& settings = services_.settings;
  if (counts_frequency(settings.eviction_policy.load(std::memory_order_relaxed))) [[unlikely]]
    entry.touch(settings.frequency().used(entry.access_clock(), now_ms_, random_));
  else
    entry.touch(access_mark::of_time(now_ms_));
}

void CommandContext::expire(int database, const store::HashedKey& key, store::Table::Position at) {
  statistics_.expired_keys.add(1);
  remove_unasked(database, key, at, Event::expired, "expired");
}

void CommandContext::evict(int database, const store::HashedKey& key, store::Table::Position at) {
  statistics_.evicted_keys.add(1);
  remove_unasked(database, key, at, Event::evicted, "evicted");
}

void CommandContext::remove_unasked(int database,
                                    const store::HashedKey& key,
                                    store::Table::Position at,
                                    Event event,
                                    std::string_view name) {
  const std::string_view kept = effects_.keep(std::string(key.key));
  effects_.add(database, {"DEL", kept});
  discard(lock_.erase(database, key, at));
  touch_key(database, key, true);
  signal_ready(database, key.key);
  notify(database, key.key, event, name);
}

void CommandContext::remove_ended_fields(int database,
                                         const store::HashedKey& key,
                                         store::Table::Position at,
                                         std::span<const std::string> fields) {
  lock_.before_change(database, key, at);
  store::Hash hash(*at.entry(), now_ms_);
  std::vector<std::string_view> logged{"HDEL", effects_.keep(std::string(key.key))};
  for (const std::string& field : fields) {
    hash.erase(field);
    logged.push_back(effects_.keep(field));
  }
  effects_.add(database, logged);
  lock_.note_expiry(database, key, at);
  touch_key(database, key, true);
  notify(database, key.key, Event::hash, "hexpired");
}

bool CommandContext::sweep_fields(int database,
                                  const store::HashedKey& key,
                                  store::Table::Position at,
                                  std::size_t limit) {
  lock_.before_change(database, key, at);
  store::Hash hash(*at.entry(), now_ms_);
  std::vector<std::string> fields;
  const bool done = hash.collect_ended(limit, fields);
  if (fields.empty()) {
    lock_.note_expiry(database, key, at);
    return done;
  }
  remove_ended_fields(database, key, at, fields);
  if (hash.is_empty()) {
    discard(lock_.erase(database, key, at));
    notify(database, key.key, Event::generic, "del");
  }
  return done;
}

void CommandContext::remove_expired(int database, std::span<const store::HashedKey> keys) {
  if (keeps_ended()) return;
  for (const store::HashedKey& key : keys) {
    const store::Table::Position at = lock_.find(database, key);
    if (at && at.entry()->is_expired(now_ms_)) expire(database, key, at);
  }
}

}  // namespace duplex::commands
