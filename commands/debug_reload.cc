// DEBUG RELOAD: what is in dump.rdb takes the place of the data, or is added to them.
#include "base/buffer.h"
#include "base/diagnostics.h"
#include "base/mapped_file.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/debug_values.h"
#include "commands/flush.h"
#include "commands/script_host.h"
#include "rdb/dump.h"
#include "rdb/reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace duplex::commands {

namespace {

constexpr std::string_view cannot_load = "ERR Error trying to load the RDB dump, check server logs";

struct ReloadOptions {
  bool saves = true;
  bool flushes = true;
  bool merges = false;  // keys of the file replace those that are there

  bool changes_data() const { return !saves || !flushes; }
  LibraryPolicy library_policy() const {
    if (flushes) return LibraryPolicy::flush;
    return merges ? LibraryPolicy::replace : LibraryPolicy::append;
  }
};

struct Loaded {
  int database = 0;
  store::EntryPtr entry;
  std::uint32_t access_mark = 0;
};

struct Contents {
  std::vector<Loaded> entries;
  std::vector<std::string> libraries;  // the sources
};

bool parse(CommandContext& ctx, ReloadOptions& options) {
  for (const std::string_view word : ctx.args().subspan(2)) {
    if (base::equals_ignoring_case(word, "MERGE")) {
      options.merges = true;
    } else if (base::equals_ignoring_case(word, "NOFLUSH")) {
      options.flushes = false;
    } else if (base::equals_ignoring_case(word, "NOSAVE")) {
      options.saves = false;
    } else {
      ctx.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
      return false;
    }
  }
  return true;
}

std::string value_of(CommandContext& ctx, std::string_view directive) {
  const auto found = ctx.services().config.get({&directive, 1});
  return found.empty() ? std::string() : found.front().second;
}

// Everything is read before anything is changed: a damaged file costs nothing.
std::expected<Contents, std::string> load(CommandContext& ctx, const std::string& path) {
  const auto file = base::MappedFile::open(path);
  if (!file) return std::unexpected(file.error().message());
  rdb::Reader reader(file->bytes());
  Contents loaded;
  const EvictionPolicy policy = ctx.settings().eviction_policy.load(std::memory_order_relaxed);
  int database = 0;
  while (true) {
    auto record = reader.next();
    if (!record) return std::unexpected(record.error());
    if (std::holds_alternative<rdb::End>(*record)) return loaded;
    if (const auto* selected = std::get_if<rdb::Database>(&*record)) {
      if (selected->number >= static_cast<std::uint64_t>(ctx.services().keyspace.databases()))
        return std::unexpected("it has keys in a database that is not there");
      database = static_cast<int>(selected->number);
    }
    if (const auto* function = std::get_if<rdb::Function>(&*record))
      loaded.libraries.emplace_back(function->code);
    auto* entry = std::get_if<rdb::Entry>(&*record);
    if (entry != nullptr && !entry->entry->is_expired(ctx.now_ms()))
      loaded.entries.push_back(
          {.database = database,
           .entry = std::move(entry->entry),
           .access_mark = access_mark::of_known(
               policy,
               {.idle_s = entry->usage.idle_s, .frequency = entry->usage.frequency},
               ctx.now_ms())});
  }
}

// A key that is there and may not be replaced, or that the file has twice.
std::string_view repeated_key(CommandContext& ctx, const std::vector<Loaded>& loaded) {
  for (const Loaded& item : loaded)
    if (ctx.find(item.database, store::HashedKey(item.entry->key()))) return item.entry->key();
  return {};
}

void log_restored(CommandContext& ctx, int database, const store::Entry& entry) {
  base::Buffer payload;
  rdb::append_dump(payload, entry, true);
  const std::int64_t expiry_ms = entry.has_expiry() ? entry.expiry_ms() : 0;
  ctx.effect(database,
             {"RESTORE",
              ctx.keep(std::string(entry.key())),
              ctx.keep(std::to_string(expiry_ms)),
              ctx.keep(std::string(payload.view())),
              "REPLACE",
              "ABSTTL"});
}

void insert(CommandContext& ctx, const ReloadOptions& options, std::vector<Loaded> loaded) {
  if (options.flushes) {
    for (int database = 0; database < ctx.services().keyspace.databases(); ++database)
      flush_database(ctx, database);
    ctx.effect({"FLUSHALL"});
  }
  for (Loaded& item : loaded) {
    log_restored(ctx, item.database, *item.entry);
    const std::string name(item.entry->key());
    const store::HashedKey key(name);
    ctx.put(item.database, key, ctx.find(item.database, key), std::move(item.entry))
        .entry()
        ->touch(item.access_mark);
  }
}

// Puts what a snapshot would bring back in the place of the value; false if it brings nothing back.
bool remake(CommandContext& ctx, int database, const store::HashedKey& key) {
  const store::Table::Position at = ctx.lock().find(database, key);
  base::Buffer payload;
  rdb::append_dump(payload, *at.entry(), true);
  auto entry = rdb::read_dump(payload.view(), key.key, at.entry()->expiry_ms());
  if (!entry) return false;
  const EvictionPolicy policy = ctx.settings().eviction_policy.load(std::memory_order_relaxed);
  const std::uint32_t mark = at.entry()->access_clock();
  access_mark::KnownUse use;
  if (counts_idle_time(policy)) use.idle_s = access_mark::idle_s(mark, ctx.now_ms());
  if (counts_frequency(policy))
    use.frequency =
        static_cast<std::uint8_t>(ctx.settings().frequency().counter(mark, ctx.now_ms()));
  (*entry)->touch(access_mark::of_known(policy, use, ctx.now_ms()));
  ctx.discard(ctx.lock().replace(database, key, at, std::move(*entry)));
  return true;
}

bool remake_shard(CommandContext& ctx, int database, std::size_t shard) {
  const store::Table* table = ctx.lock().table_if_any(database, shard);
  if (table == nullptr) return true;
  std::vector<std::string> ended;
  std::vector<std::string> live;
  table->for_each([&](const store::Entry& entry) {
    (entry.is_expired(ctx.now_ms()) ? ended : live).emplace_back(entry.key());
  });
  ctx.remove_expired(database, std::vector<store::HashedKey>(ended.begin(), ended.end()));
  return std::all_of(live.begin(), live.end(), [&](const std::string& key) {
    if (remake(ctx, database, store::HashedKey(key))) return true;
    base::log(base::LogLevel::warning, "DEBUG RELOAD: a value did not survive: {}", key);
    return false;
  });
}

// Without options the file is what the data are, but for what others write meanwhile, which must
// not be lost: so each value is made again as the file would bring it back, shard by shard.
void remake_all(CommandContext& ctx) {
  bool all = true;
  ctx.for_each_shard(0, [&](std::size_t shard) {
    for (int database = 0; all && database < ctx.services().keyspace.databases(); ++database)
      all = remake_shard(ctx, database, shard);
    return all;
  });
  if (!all) return ctx.error(cannot_load);
  ctx.reply().ok();
}

}  // namespace

void debug_reload(CommandContext& ctx) {
  ReloadOptions options;
  if (!parse(ctx, options)) return;
  // The shards of a transaction are held already, and saving waits for them.
  if (ctx.in_transaction())
    return ctx.error("ERR DEBUG RELOAD is not possible inside of a transaction");
  if (options.saves)
    if (const auto refusal = ctx.services().persistence.save()) return ctx.error(*refusal);
  if (!options.changes_data()) return remake_all(ctx);
  const std::string path = value_of(ctx, "dir") + "/" + value_of(ctx, "dbfilename");
  auto loaded = load(ctx, path);
  if (!loaded) {
    base::log(base::LogLevel::warning, "DEBUG RELOAD: {}: {}", path, loaded.error());
    return ctx.error(cannot_load);
  }
  if (!ctx.lock().lock_all()) return ctx.error("ERR DEBUG RELOAD has to wait for a script");
  if (!options.flushes && !options.merges) {
    if (const std::string_view key = repeated_key(ctx, loaded->entries); !key.empty()) {
      base::log(base::LogLevel::warning, "DEBUG RELOAD: the key {} is there already", key);
      return ctx.error(cannot_load);
    }
  }
  if (ScriptHost* scripts = ctx.services().scripts) {
    const auto restored = scripts->restore(ctx, loaded->libraries, options.library_policy());
    if (!restored) {
      base::log(base::LogLevel::warning, "DEBUG RELOAD: {}: {}", path, restored.error());
      return ctx.error(cannot_load);
    }
  }
  insert(ctx, options, std::move(loaded->entries));
  ctx.reply().ok();
}

}  // namespace duplex::commands
