// DEBUG's subcommands about values: how they are kept, their digests, making and remaking them.
#include "commands/debug_values.h"

#include "base/buffer.h"
#include "base/diagnostics.h"
#include "base/memory.h"
#include "base/numbers.h"
#include "base/text.h"
#include "commands/dataset_digest.h"
#include "commands/errors.h"
#include "commands/string_values.h"
#include "rdb/dump.h"
#include "rdb/value.h"
#include "store/hash.h"
#include "store/list.h"
#include "store/packed_limits.h"
#include "store/set.h"
#include "store/sorted_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

using store::Encoding;
using store::Entry;
using store::ValueType;

namespace {

// Calls use(entry) with the value of the key at an argument; answers the error itself if there is
// none. The key is not declared, because it stands where other subcommands have something else.
template <typename Use>
void with_value(CommandContext& ctx, std::size_t index, Use&& use) {
  const store::HashedKey key(ctx.arg(index));
  ctx.for_each_shard(key.shard(), [&](std::size_t) {
    if (const Entry* entry = ctx.peek(key))
      use(*entry);
    else
      ctx.error(errors::no_such_key);
    return false;
  });
}

// Bytes of the value in a snapshot.
std::size_t serialized_bytes(const Entry& entry) {
  base::Buffer out;
  rdb::append_value(out, entry, rdb::written_type(entry, rdb::written_version), true);
  return out.size();
}

std::string describe_nodes(const Entry& entry) {
  const store::ListView list(entry);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < list.node_count(); ++i)
    bytes += list.node(i).bytes();
  return fmt::format(
      " ql_nodes:{} ql_avg_node:{:.2f} ql_listpack_max:{} ql_compressed:{} ql_uncompressed_size:{}",
      list.node_count(),
      static_cast<double>(list.size()) / static_cast<double>(list.node_count()),
      store::packed_limits().list_size.load(std::memory_order_relaxed),
      store::packed_limits().list_compress_depth.load(std::memory_order_relaxed) != 0 ? 1 : 0,
      bytes);
}

// The bytes of a listpack; in `scratch` where the value is kept in another way.
std::string_view packed_bytes(const Entry& entry, store::Listpack& scratch) {
  switch (entry.type()) {
    case ValueType::list:
      return store::ListView(entry).node(0).pack().blob();
    case ValueType::set:
      return store::SetView(entry).packed_bytes();
    case ValueType::hash:
      return store::HashView(entry).packed_bytes(scratch);
    default:
      return store::SortedSetView(entry).packed_bytes().value_or("");
  }
}

// As much of redis-server's report as is true of other tables than its own.
std::string describe_table(std::size_t elements, std::string_view more) {
  constexpr std::string_view title = "Hash table 0 stats (main hash table):\n";
  if (elements == 0) return fmt::format("{}No stats available for empty dictionaries\n", title);
  return fmt::format("{} number of elements: {}\n{}", title, elements, more);
}

// The table of a collection that has one: nothing for others.
std::optional<std::size_t> elements_of_table(const Entry& entry) {
  if (entry.encoding() == Encoding::skiplist) return store::SortedSetView(entry).size();
  if (entry.encoding() != Encoding::hashtable) return std::nullopt;
  return entry.type() == ValueType::set ? store::SetView(entry).size()
                                        : store::HashView(entry).size();
}

std::string hex(const base::Sha1Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest)
    text += fmt::format("{:02x}", byte);
  return text;
}

// A number of at least 0; answers the error itself.
std::optional<std::int64_t> positive_arg(CommandContext& ctx, std::size_t index) {
  const auto number = base::parse_int64(ctx.arg(index));
  if (number && *number >= 0) return number;
  ctx.error(errors::unterminated_number);
  return std::nullopt;
}

// Adds a key that is not there yet.
void populate_key(CommandContext& ctx, const store::HashedKey& key, std::string value) {
  const store::Table::Position at = ctx.find(key);
  if (at) return;
  ctx.put(key, at, Entry::make_string(key.key, value, store::no_expiry));
  ctx.touch_key(key);
  ctx.effect({"SET", ctx.keep(std::string(key.key)), ctx.keep(std::move(value))});
}

bool is_out_of_memory(CommandContext& ctx) {
  const std::uint64_t limit = ctx.settings().memory_bytes_max.load(std::memory_order_relaxed);
  return limit != 0 && base::allocated_bytes() > limit;
}

}  // namespace

void debug_object(CommandContext& ctx) {
  const bool fast = ctx.argc() == 4;
  if (fast && !base::equals_ignoring_case(ctx.arg(3), "fast")) return ctx.error(errors::syntax);
  with_value(ctx, 2, [&](const Entry& entry) {
    ctx.reply().status(
        fmt::format("Value at:{} refcount:{} encoding:{}{} lru:{} lru_seconds_idle:{}{}",
                    fmt::ptr(&entry),
                    reference_count(entry),
                    encoding_name(entry.encoding()),
                    fast ? "" : fmt::format(" serializedlength:{}", serialized_bytes(entry)),
                    entry.access_clock(),
                    access_mark::idle_s(entry.access_clock(), ctx.now_ms()),
                    entry.encoding() == Encoding::quicklist ? describe_nodes(entry) : ""));
  });
}

void debug_listpack(CommandContext& ctx) {
  with_value(ctx, 2, [&](const Entry& entry) {
    if (entry.encoding() != Encoding::listpack)
      return ctx.error("ERR Not a listpack encoded object.");
    store::Listpack scratch;
    const std::string_view bytes = packed_bytes(entry, scratch);
    base::log(base::LogLevel::notice,
              "DEBUG LISTPACK: {} bytes, {} elements",
              bytes.size(),
              store::ListpackView(bytes.data()).size());
    ctx.reply().status("Listpack structure printed on stdout");
  });
}

void debug_quicklist(CommandContext& ctx) {
  with_value(ctx, 2, [&](const Entry& entry) {
    if (entry.encoding() != Encoding::quicklist)
      return ctx.error("ERR Not a quicklist encoded object.");
    const bool full = ctx.argc() == 4 && base::parse_int64(ctx.arg(3)).value_or(0) != 0;
    const store::ListView list(entry);
    base::log(base::LogLevel::notice,
              "DEBUG QUICKLIST: {} elements, {} nodes",
              list.size(),
              list.node_count());
    for (std::size_t i = 0; full && i < list.node_count(); ++i)
      base::log(base::LogLevel::notice,
                "DEBUG QUICKLIST: node {}: {}, {} elements, {} bytes",
                i,
                list.node(i).is_plain ? "plain" : "listpack",
                list.node(i).count,
                list.node(i).bytes());
    ctx.reply().status("Quicklist structure printed on stdout");
  });
}

// Redis's "full" asks for what there is no more of here.
void debug_htstats(CommandContext& ctx) {
  const auto database = ctx.integer_arg(2);
  if (!database) return;
  if (*database < 0 || *database >= ctx.services().keyspace.databases())
    return ctx.error("ERR Out of range database");
  std::size_t elements = 0;
  std::size_t expiring = 0;
  std::size_t bytes = 0;
  std::size_t most = 0;
  std::size_t tables = 0;
  ctx.for_each_shard(0, [&](std::size_t shard) {
    const store::Table* table = ctx.lock().table_if_any(static_cast<int>(*database), shard);
    if (table == nullptr || table->size() == 0) return true;
    ++tables;
    elements += table->size();
    expiring += table->expiring();
    bytes += table->memory_bytes();
    most = std::max(most, table->size());
    return true;
  });
  const std::string more = fmt::format(
      " shards with elements: {}\n most elements in a shard: {}\n bytes of the tables: {}\n",
      tables,
      most,
      bytes);
  ctx.reply().verbatim("txt",
                       fmt::format("[Dictionary HT]\n{}[Expires HT]\n{}",
                                   describe_table(elements, more),
                                   describe_table(expiring, "")));
}

void debug_htstats_key(CommandContext& ctx) {
  with_value(ctx, 2, [&](const Entry& entry) {
    const auto elements = elements_of_table(entry);
    if (!elements)
      return ctx.error(
          "ERR The value stored at the specified key is not represented using an hash table");
    const std::string more = fmt::format(" bytes of the value: {}\n", entry.memory_bytes());
    ctx.reply().verbatim("txt", describe_table(*elements, more));
  });
}

// The key and short values stand in one allocation: what that takes is told of the key.
void debug_sdslen(CommandContext& ctx) {
  with_value(ctx, 2, [&](const Entry& entry) {
    if (!entry.is_string() || entry.is_integer())
      return ctx.error("ERR Not an sds encoded string.");
    const std::size_t of_entry = base::usable_size(&entry);
    const std::size_t of_value = entry.memory_bytes() - of_entry;
    const std::size_t size = entry.text_size();
    ctx.reply().status(
        fmt::format("key_sds_len:{}, key_sds_avail:0, key_zmalloc: {}, "
                    "val_sds_len:{}, val_sds_avail:{}, val_zmalloc: {}",
                    entry.key().size(),
                    of_entry,
                    size,
                    of_value - std::min(of_value, size),
                    of_value));
  });
}

// Like redis-server, it looks at keys that have ended as long as they are there.
void debug_digest_value(CommandContext& ctx) {
  ctx.reply().array(ctx.argc() - 2);
  for (std::size_t i = 2; i < ctx.argc(); ++i) {
    const store::HashedKey key(ctx.arg(i));
    DataDigest digest;
    ctx.for_each_shard(key.shard(), [&](std::size_t) {
      const store::Table::Position at = ctx.lock().find(ctx.database(), key);
      if (at) digest.mix_value(*at.entry(), ctx.now_ms());
      return false;
    });
    ctx.reply().status(hex(digest.bytes()));
  }
}

void debug_digest(CommandContext& ctx) {
  DataDigest all;
  for (int database = 0; database < ctx.services().keyspace.databases(); ++database) {
    DataDigest keys;
    std::size_t count = 0;
    ctx.for_each_shard(0, [&](std::size_t shard) {
      const store::Table* table = ctx.lock().table_if_any(database, shard);
      if (table == nullptr) return true;
      count += table->size();
      table->for_each([&](const Entry& entry) {
        DataDigest digest;
        digest.mix(entry.key());
        digest.mix_value(entry, ctx.now_ms());
        keys.add(digest);
      });
      return true;
    });
    if (count == 0) continue;
    all.mix_number(static_cast<std::uint32_t>(database));
    all.merge(keys);
  }
  ctx.reply().status(hex(all.bytes()));
}

void debug_populate(CommandContext& ctx) {
  constexpr std::int64_t keys_between_checks = 1024;
  const auto count = positive_arg(ctx, 2);
  if (!count) return;
  const auto bytes = ctx.argc() == 5 ? positive_arg(ctx, 4) : 0;
  if (!bytes) return;
  if (*bytes > ctx.settings().bulk_bytes_max.load(std::memory_order_relaxed))
    return ctx.error(errors::string_too_long);
  const std::string_view prefix = ctx.argc() > 3 ? ctx.arg(3) : "key";
  for (std::int64_t i = 0; i < *count; ++i) {
    if (i % keys_between_checks == 0 && is_out_of_memory(ctx))
      return ctx.error(errors::out_of_memory);
    const std::string name = fmt::format("{}:{}", prefix, i);
    const store::HashedKey key(name);
    ctx.for_each_shard(key.shard(), [&](std::size_t) {
      std::string value = fmt::format("value:{}", i);
      if (*bytes != 0) value.resize(static_cast<std::size_t>(*bytes));
      populate_key(ctx, key, std::move(value));
      return false;
    });
  }
  ctx.reply().ok();
}

}  // namespace duplex::commands
