// Commands for whole databases: KEYS, SCAN, RANDOMKEY, DBSIZE, FLUSHDB, FLUSHALL, SWAPDB.
#include "base/buffer.h"
#include "base/glob.h"
#include "base/numbers.h"
#include "base/text.h"
#include "commands/live_keys.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/flush.h"
#include "commands/scan_cursor.h"
#include "commands/scan_options.h"
#include "resp/reply_writer.h"
#include "store/keyspace.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Table;

// How many shards RANDOMKEY looks at first.
constexpr std::size_t random_shards = 16;

// Visits the tables of the client's database that hold keys, one shard after the other.
template <typename Visit>
void for_each_table(CommandContext& ctx, std::size_t first, std::size_t end, Visit&& visit) {
  ctx.for_each_shard(first, [&](std::size_t shard) {
    Table* table = ctx.lock().table_if_any(ctx.database(), shard);
    if (table != nullptr && table->size() != 0) visit(*table);
    return shard + 1 < end;
  });
}

template <typename Visit>
void for_each_table(CommandContext& ctx, Visit&& visit) {
  for_each_table(ctx, 0, store::shard_count, visit);
}

// Removes keys that a visit found to have ended. The texts are copies: removing frees entries.
void remove_ended(CommandContext& ctx, const std::vector<std::string>& ended) {
  const std::vector<store::HashedKey> keys(ended.begin(), ended.end());
  ctx.remove_expired(ctx.database(), keys);
}

void keys_matching(CommandContext& ctx) {
  const std::string_view pattern = ctx.arg(1);
  const bool all = pattern == "*";
  const std::optional<std::size_t> only = only_shard(pattern);
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t found = 0;
  const std::size_t first = only.value_or(0);
  const std::size_t end = only ? *only + 1 : store::shard_count;
  for_each_table(ctx, first, end, [&](const Table& table) {
    table.for_each([&](const Entry& entry) {
      if (!all && !base::glob_match(pattern, entry.key())) return;
      if (ctx.has_ended(entry)) return;
      ctx.reply().bulk(entry.key());
      ++found;
    });
  });
  ctx.reply().end_deferred_array(place, found);
}

bool fits(const ScanOptions& options, const Entry& entry) {
  if (options.type && !base::equals_ignoring_case(*options.type, type_name(entry.type())))
    return false;
  return options.matches(entry.key());
}

// The keys of one SCAN, and where the next one goes on.
struct ScanPage {
  std::size_t seen = 0;
  std::size_t found = 0;
  base::Buffer keys;
  ScanCursor next;
};

ScanPage scan_from(CommandContext& ctx, ScanCursor cursor, const ScanOptions& options) {
  ScanPage page;
  const std::optional<std::size_t> only = only_shard(options.pattern);
  if (only && cursor.shard < *only) cursor = {.shard = *only, .hash = 0};
  const std::size_t end = only ? *only + 1 : store::shard_count;
  if (cursor.shard >= end) return page;
  resp::ReplyWriter writer(page.keys, ctx.reply().protocol());
  std::vector<std::string> ended;
  ctx.for_each_shard(cursor.shard, [&](std::size_t shard) {
    std::uint64_t hash = 0;
    if (const Table* table = ctx.lock().table_if_any(ctx.database(), shard)) {
      ended.clear();
      const std::uint64_t start = shard == cursor.shard ? cursor.hash : 0;
      hash = table->scan(start, options.count - page.seen, [&](const Entry& entry) {
        ++page.seen;
        if (ctx.has_ended(entry)) {
          ended.emplace_back(entry.key());
        } else if (fits(options, entry)) {
          writer.bulk(entry.key());
          ++page.found;
        }
      });
      remove_ended(ctx, ended);
    }
    const bool is_last = shard + 1 == end;
    if (hash != 0)
      page.next = {.shard = shard, .hash = hash};
    else if (page.seen >= options.count && !is_last)
      page.next = {.shard = shard + 1, .hash = 0};
    return hash == 0 && page.seen < options.count && !is_last;
  });
  return page;
}

void scan(CommandContext& ctx) {
  const auto cursor = ScanCursor::parse(ctx.arg(1));
  if (!cursor) return ctx.error("ERR invalid cursor");
  const auto options = scan_options(ctx, 2, "type");
  if (!options) return;
  const ScanPage page = scan_from(ctx, *cursor, *options);
  ctx.reply().array(2);
  // Cursors stay below 2^53 (scan_cursor.h), so they are positive as signed numbers as well.
  ctx.reply().bulk_integer(static_cast<std::int64_t>(page.next.number()));
  ctx.reply().array(page.found);
  ctx.reply().buffer().append(page.keys.view());
}

// A key of this table that has not ended; those met on the way are removed.
const Entry* random_live_entry(CommandContext& ctx, Table& table) {
  // Where they are kept, it may be that there are no others.
  constexpr int tries_max = 100;
  int tries = 0;
  while (const Entry* entry = table.random_entry(ctx.random().next())) {
    if (!ctx.has_ended(*entry)) return entry;
    if (ctx.keeps_ended() && ++tries == tries_max) break;
    remove_ended(ctx, {std::string(entry->key())});
  }
  return nullptr;
}

// Chooses a key from some tables. Each takes the place of those before it with the probability of
// its share of the keys, which makes every key equally likely.
struct RandomChoice {
  CommandContext& ctx;
  std::string key{};
  bool found = false;
  std::size_t keys_so_far = 0;

  void consider(Table& table) {
    keys_so_far += table.size();
    if (found && ctx.random().below(keys_so_far) >= table.size()) return;
    const Entry* entry = random_live_entry(ctx, table);
    if (entry == nullptr) return;
    key = entry->key();
    found = true;
  }
};

// Some shards are enough to choose from unless most are empty; then all are looked at.
void randomkey(CommandContext& ctx) {
  RandomChoice choice{.ctx = ctx};
  const auto consider = [&](Table& table) { choice.consider(table); };
  for (std::size_t i = 0; i < random_shards; ++i) {
    const std::size_t shard = ctx.random().below(store::shard_count);
    for_each_table(ctx, shard, shard + 1, consider);
  }
  if (!choice.found) for_each_table(ctx, consider);
  if (choice.found)
    ctx.reply().bulk(choice.key);
  else
    ctx.reply().null();
}

void dbsize(CommandContext& ctx) {
  std::size_t size = 0;
  for_each_table(ctx, [&](const Table& table) { size += table.size(); });
  ctx.reply().integer(static_cast<std::int64_t>(size));
}

// Tables are freed in the background in any case, so SYNC and ASYNC only have to be understood.
bool flush_options_fit(CommandContext& ctx) {
  if (ctx.argc() == 1) return true;
  if (ctx.argc() == 2 && (base::equals_ignoring_case(ctx.arg(1), "sync") ||
                          base::equals_ignoring_case(ctx.arg(1), "async")))
    return true;
  ctx.error(errors::syntax);
  return false;
}

// Tracked keys have no database, so that one of them takes along those of the others.
void forget_tracked_keys(CommandContext& ctx) {
  if (auto keys = ctx.services().tracking.forget_all(ctx.subscribers().loop()))
    ctx.services().server.discard(std::move(keys));
}

void flushdb(CommandContext& ctx) {
  if (!flush_options_fit(ctx)) return;
  flush_database(ctx, ctx.database());
  forget_tracked_keys(ctx);
  ctx.effect({"FLUSHDB"});
  ctx.reply().ok();
}

void flushall(CommandContext& ctx) {
  if (!flush_options_fit(ctx)) return;
  for (int database = 0; database < ctx.services().keyspace.databases(); ++database)
    flush_database(ctx, database);
  forget_tracked_keys(ctx);
  ctx.effect({"FLUSHALL"});
  ctx.reply().ok();
}

void swapdb(CommandContext& ctx) {
  const auto number = [&](std::size_t index) -> std::optional<int> {
    const auto value = base::parse_int64(ctx.arg(index));
    if (!value || *value < std::numeric_limits<int>::min() ||
        *value > std::numeric_limits<int>::max())
      return std::nullopt;
    return static_cast<int>(*value);
  };
  const auto first = number(1);
  if (!first) return ctx.error("ERR invalid first DB index");
  const auto second = number(2);
  if (!second) return ctx.error("ERR invalid second DB index");
  const int databases = ctx.services().keyspace.databases();
  if (*first < 0 || *first >= databases || *second < 0 || *second >= databases)
    return ctx.error(errors::db_index_out_of_range);
  if (*first != *second) {
    // A watched key has changed if there is, or was, anything under its name.
    const auto is_there = [&](std::string_view key) {
      const store::HashedKey hashed(key);
      return ctx.lock().find(*first, hashed) || ctx.lock().find(*second, hashed);
    };
    ctx.services().watchers.touch_database(*first, is_there);
    ctx.services().watchers.touch_database(*second, is_there);
    if (*first == live_database || *second == live_database) ctx.tell_all_changed();
    ctx.lock().swap_databases(*first, *second);
    for (const int database : {*first, *second})
      for (const std::string& key : ctx.services().blocking.keys(database))
        ctx.signal_ready(database, key);
  }
  ctx.effect({"SWAPDB", ctx.arg(1), ctx.arg(2)});
  ctx.reply().ok();
}

constexpr CommandSpec specs[] = {
    {.name = "DBSIZE",
     .arity = 1,
     .flags = Flag::readonly | Flag::fast | Flag::visits_shards,
     .categories = Category::fast | Category::keyspace | Category::read,
     .handler = dbsize,
     .group = "server",
     .summary = "Counts the keys of the selected database.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .tips = "request_policy:all_shards,response_policy:agg_sum"},
    {.name = "FLUSHALL",
     .arity = -1,
     .flags = Flag::write | Flag::all_shards,
     .categories = Category::dangerous | Category::keyspace | Category::slow | Category::write,
     .handler = flushall,
     .group = "server",
     .syntax = "[ASYNC|SYNC]",
     .summary = "Deletes all keys of all databases.",
     .complexity = "O(1), and O(N) in the background for N keys.",
     .since = "1.0.0",
     .history = "4.0.0: Added the `ASYNC` flushing mode modifier. // "
                "6.2.0: Added the `SYNC` flushing mode modifier.",
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {.name = "FLUSHDB",
     .arity = -1,
     .flags = Flag::write | Flag::all_shards,
     .categories = Category::dangerous | Category::keyspace | Category::slow | Category::write,
     .handler = flushdb,
     .group = "server",
     .syntax = "[ASYNC|SYNC]",
     .summary = "Deletes all keys of the selected database.",
     .complexity = "O(1), and O(N) in the background for N keys.",
     .since = "1.0.0",
     .history = "4.0.0: Added the `ASYNC` flushing mode modifier. // "
                "6.2.0: Added the `SYNC` flushing mode modifier.",
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {.name = "KEYS",
     .arity = 2,
     .flags = Flag::readonly | Flag::visits_shards,
     .categories = Category::dangerous | Category::keyspace | Category::read | Category::slow,
     .handler = keys_matching,
     .group = "generic",
     .syntax = "pattern",
     .summary = "Lists all keys that match a pattern.",
     .complexity = "O(N) where N is the number of keys in the database.",
     .since = "1.0.0",
     .tips = "request_policy:all_shards,nondeterministic_output_order"},
    {.name = "RANDOMKEY",
     .arity = 1,
     .flags = Flag::readonly | Flag::visits_shards,
     .categories = Category::keyspace | Category::read | Category::slow,
     .handler = randomkey,
     .group = "generic",
     .summary = "Tells some key of the selected database.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .tips = "request_policy:all_shards,response_policy:special,nondeterministic_output"},
    {.name = "SCAN",
     .arity = -2,
     .flags = Flag::readonly | Flag::visits_shards,
     .categories = Category::keyspace | Category::read | Category::slow,
     .handler = scan,
     .group = "generic",
     .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
     .summary = "Lists the keys of the selected database in steps.",
     .complexity = "O(1) for every call, O(N) for a whole iteration over N keys.",
     .since = "2.8.0",
     .history = "6.0.0: Added the `TYPE` subcommand.",
     .tips = "nondeterministic_output,request_policy:special,response_policy:special"},
    {.name = "SWAPDB",
     .arity = 3,
     .flags = Flag::write | Flag::fast | Flag::all_shards,
     .categories = Category::dangerous | Category::fast | Category::keyspace | Category::write,
     .handler = swapdb,
     .group = "server",
     .syntax = "index1 index2",
     .summary = "Exchanges two databases.",
     .complexity = "O(N) where N is the number of watched keys.",
     .since = "4.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

void flush_database(CommandContext& ctx, int database) {
  ctx.count_changes(ctx.lock().size(database).keys);
  ctx.services().watchers.touch_database(database, [&](std::string_view key) {
    return static_cast<bool>(ctx.lock().find(database, store::HashedKey(key)));
  });
  if (database == live_database) ctx.tell_all_changed();
  ctx.discard(ctx.lock().take_tables(database));
  for (const std::string& key : ctx.services().blocking.keys(database))
    ctx.signal_ready(database, key);
}

std::span<const CommandSpec> keyspace_commands() {
  return specs;
}

}  // namespace duplex::commands
