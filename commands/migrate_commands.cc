// MIGRATE: moves keys to another server, which may be slow, without making anybody else wait.
#include "base/buffer.h"
#include "base/numbers.h"
#include "base/text.h"
#include "commands/blocking.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/migration.h"
#include "rdb/dump.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

constexpr std::size_t key_at = 3;
constexpr std::size_t first_option = 6;
constexpr std::chrono::milliseconds default_timeout{1000};

struct Options {
  bool copies = false;
  bool replaces = false;
  std::size_t user_at = 0;      // 0: the default user
  std::size_t password_at = 0;  // 0: none
  std::size_t keys_at = 0;      // where the keys of KEYS begin; 0: there is no KEYS
  bool is_valid = true;
};

// KEYS takes all that is behind it.
Options read_options(Args args) {
  Options options;
  for (std::size_t i = first_option; i < args.size() && options.is_valid; ++i) {
    const std::size_t left = args.size() - i - 1;
    const auto is = [&](std::string_view name) {
      return base::equals_ignoring_case(args[i], name);
    };
    if (is("COPY")) {
      options.copies = true;
    } else if (is("REPLACE")) {
      options.replaces = true;
    } else if (is("AUTH") && left >= 1) {
      options.user_at = 0;
      options.password_at = ++i;
    } else if (is("AUTH2") && left >= 2) {
      options.user_at = ++i;
      options.password_at = ++i;
    } else if (is("KEYS")) {
      options.keys_at = i + 1;
      break;
    } else {
      options.is_valid = false;
    }
  }
  return options;
}

void find_migrate_keys(Args args, std::vector<KeyPosition>& positions) {
  constexpr KeyFlag flags = KeyFlag::rw | KeyFlag::access | KeyFlag::deletes;
  if (args.size() < first_option) return;
  const Options options = read_options(args);
  if (options.keys_at == 0)
    positions.push_back({key_at, flags});
  else if (args[key_at].empty())  // else it is wrong, and touches no key
    for (std::size_t i = options.keys_at; i < args.size(); ++i)
      positions.push_back({i, flags | KeyFlag::incomplete});
}

// Dumps the keys there are and begins to watch them.
void gather(CommandContext& ctx, Migration& migration) {
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const store::Entry* entry = ctx.read(ctx.key(i));
    const bool is_known = std::any_of(migration.items.begin(),
                                      migration.items.end(),
                                      [&](const auto& item) { return item.key == ctx.key(i).key; });
    if (entry == nullptr || is_known) continue;
    base::Buffer payload;
    rdb::append_dump(payload, *entry, true);
    const std::int64_t ttl_ms =
        entry->has_expiry() ? std::max<std::int64_t>(entry->expiry_ms() - ctx.now_ms(), 1) : 0;
    migration.add({.key = std::string(ctx.key(i).key),
                   .payload = std::string(payload.view()),
                   .ttl_ms = ttl_ms,
                   .expiry_ms = entry->expiry_ms(),
                   .changed = nullptr,
                   .is_taken = false});
  }
}

// Answers the error itself.
std::shared_ptr<Migration> make_migration(CommandContext& ctx, const Options& options) {
  const auto timeout_ms = ctx.integer_arg(5);
  if (!timeout_ms) return nullptr;
  const auto database = ctx.integer_arg(4);
  if (!database) return nullptr;
  auto migration = std::make_shared<Migration>(ctx.services().watchers, ctx.database());
  migration->host = ctx.arg(1);
  migration->port = ctx.arg(2);
  migration->database = *database;
  migration->timeout = *timeout_ms <= 0
                           ? default_timeout
                           : std::chrono::milliseconds(std::min<std::int64_t>(
                                 *timeout_ms, std::numeric_limits<std::int32_t>::max()));
  migration->copies = options.copies;
  migration->replaces = options.replaces;
  migration->authenticates = options.password_at != 0;
  if (options.user_at != 0) migration->user = ctx.arg(options.user_at);
  if (options.password_at != 0) migration->password = ctx.arg(options.password_at);
  return migration;
}

// Takes away what has arrived at the target. False if a key was changed on its way and so stays.
bool take_away(CommandContext& ctx, const Migration& migration) {
  bool all = true;
  std::vector<std::string_view> logged{"DEL"};
  for (const Migration::Item& item : migration.items) {
    if (!item.is_taken) continue;
    const store::HashedKey key(item.key);
    const store::Table::Position at = ctx.find(key);
    if (item.changed->load(std::memory_order_acquire)) {
      const bool has_ended = !at && item.expiry_ms <= ctx.now_ms();
      all &= has_ended;
      continue;
    }
    if (!at) continue;
    ctx.erase(key, at);
    ctx.changed(key, Event::generic, "del");
    logged.push_back(ctx.keep(item.key));
  }
  if (logged.size() > 1) ctx.effect(logged);
  return all;
}

void finish(CommandContext& ctx, const Migration& migration) {
  const bool all = migration.copies || take_away(ctx, migration);
  if (!migration.error.empty()) return ctx.error(migration.error);
  if (!all)
    return ctx.error(
        "TRYAGAIN A key was changed on its way: it was kept here, and the target has what it was");
  ctx.reply().ok();
}

void migrate(CommandContext& ctx) {
  if (const Migration* migration = ctx.migration()) return finish(ctx, *migration);
  const Options options = read_options(ctx.args());
  if (!options.is_valid) return ctx.error(errors::syntax);
  if (options.keys_at != 0 && !ctx.arg(key_at).empty())
    return ctx.error(
        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
  const std::shared_ptr<Migration> migration = make_migration(ctx, options);
  if (!migration) return;
  gather(ctx, *migration);
  if (migration->items.empty()) return ctx.reply().status("NOKEY");
  // A transaction would have to hold its locks until the target answers.
  if (!ctx.may_block()) return ctx.error("ERR MIGRATE is not possible inside a transaction");
  BlockRequest request;
  request.key_count = 0;
  request.on_timeout = BlockRequest::Nothing::null;
  request.migration = migration;
  ctx.block(request);
  ctx.services().server.migrate(
      migration, [&services = ctx.services(), waiter = ctx.client().waiter] {
        services.blocking.ask_retry(*waiter);
        services.clients.with(waiter->client_id,
                              [](const Client& c) { c.connection->request_unblock(); });
      });
}

// All arguments behind KEYS, which is searched from the end.
constexpr KeySpec keys_option(KeyFlag flags) {
  KeySpec spec = behind_keyword("KEYS", -2, flags);
  spec.last = -1;
  return spec;
}

constexpr CommandSpec specs[] = {
    {.name = "MIGRATE",
     .arity = -6,
     .flags = Flag::write,
     .categories = Category::dangerous | Category::keyspace | Category::slow | Category::write,
     .keys =
         keys(range(3, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
              keys_option(KeyFlag::rw | KeyFlag::access | KeyFlag::deletes | KeyFlag::incomplete)),
     .handler = migrate,
     .group = "generic",
     .syntax = "host port <key|\"\"> destination-db timeout [COPY] [REPLACE] [AUTH auth|AUTH2 "
               "username password] [KEYS keys [keys ...]]",
     .summary = "Moves keys to another server.",
     .complexity = "That of DUMP and DEL here and of RESTORE there, and O(N) for sending the "
                   "values.",
     .since = "2.6.0",
     .history = "3.0.0: Added the `COPY` and `REPLACE` options. // 3.0.6: Added the `KEYS` option. "
                "// 4.0.7: Added the `AUTH` option. // 6.0.0: Added the `AUTH2` option.",
     .tips = "nondeterministic_output",
     .find_keys = find_migrate_keys},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> migrate_commands() {
  return specs;
}

}  // namespace duplex::commands
