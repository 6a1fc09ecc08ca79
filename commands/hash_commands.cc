// Hashes field by field and as a whole: HSET, HGET, HDEL and their relatives.
#include "base/numbers.h"
#include "commands/families.h"
#include "commands/hash_values.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Hash;
using store::HashView;
using store::Table;

// Sets the pairs from argument 2 on. Returns how many fields are new, or nothing after an error.
std::optional<std::int64_t> set_pairs(CommandContext& ctx) {
  const Args pairs = ctx.args().subspan(2);
  if (pairs.size() % 2 != 0) {
    ctx.error(
        fmt::format("ERR wrong number of arguments for '{}' command", ctx.command().full_name));
    return std::nullopt;
  }
  Table::Position at;
  if (!find_hash(ctx, at, pairs, 2)) return std::nullopt;
  at = make_hash(ctx, at);
  Hash hash(*at.entry(), ctx.now_ms());
  std::int64_t added = 0;
  for (std::size_t i = 0; i < pairs.size(); i += 2)
    added += hash.set(pairs[i], pairs[i + 1]) ? 1 : 0;
  ctx.changed(ctx.key(), Event::hash, "hset");
  ctx.count_changes(pairs.size() / 2);
  leave_hash(ctx, at);
  return added;
}

void hset(CommandContext& ctx) {
  if (const auto added = set_pairs(ctx)) ctx.reply().integer(*added);
}

void hmset(CommandContext& ctx) {
  if (set_pairs(ctx)) ctx.reply().ok();
}

void hsetnx(CommandContext& ctx) {
  Table::Position at;
  if (!find_hash(ctx, at, ctx.args().subspan(2, 1))) return;
  if (at && Hash(*at.entry(), ctx.now_ms()).contains(ctx.arg(2))) return ctx.reply().integer(0);
  at = make_hash(ctx, at);
  Hash(*at.entry(), ctx.now_ms()).set(ctx.arg(2), ctx.arg(3));
  ctx.changed(ctx.key(), Event::hash, "hset");
  leave_hash(ctx, at);
  ctx.reply().integer(1);
}

void hget(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (read_hash(ctx, entry)) reply_field(ctx, entry, ctx.arg(2));
}

void hmget(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_hash(ctx, entry)) return;
  ctx.reply().array(ctx.argc() - 2);
  for (const std::string_view field : ctx.args().subspan(2))
    reply_field(ctx, entry, field);
}

void hgetall(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_hash(ctx, entry)) return;
  if (entry == nullptr) return ctx.reply().map(0);
  const HashView hash = view_of(ctx, *entry);
  const bool is_counted = !hash.may_have_ended();
  const std::size_t place = ctx.reply().begin_deferred();
  if (is_counted) ctx.reply().map(hash.size());
  std::size_t found = 0;
  hash.for_each([&](std::string_view field, std::string_view value) {
    ctx.reply().bulk(field);
    ctx.reply().bulk(value);
    ++found;
  });
  if (!is_counted) ctx.reply().end_deferred_map(place, found);
}

enum class Half : std::uint8_t { fields, values };

void reply_halves(CommandContext& ctx, Half half) {
  Entry* entry = nullptr;
  if (!read_hash(ctx, entry)) return;
  if (entry == nullptr) return ctx.reply().array(0);
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t found = 0;
  view_of(ctx, *entry).for_each([&](std::string_view field, std::string_view value) {
    ctx.reply().bulk(half == Half::fields ? field : value);
    ++found;
  });
  ctx.reply().end_deferred_array(place, found);
}

void hkeys(CommandContext& ctx) {
  reply_halves(ctx, Half::fields);
}

void hvals(CommandContext& ctx) {
  reply_halves(ctx, Half::values);
}

// Fields that have ended count until they are removed, as they do in Redis and Valkey.
void hlen(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_hash(ctx, entry)) return;
  ctx.reply().integer(entry == nullptr ? 0
                                       : static_cast<std::int64_t>(view_of(ctx, *entry).size()));
}

void hexists(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_hash(ctx, entry)) return;
  ctx.reply().integer(entry != nullptr && view_of(ctx, *entry).contains(ctx.arg(2)) ? 1 : 0);
}

void hstrlen(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_hash(ctx, entry)) return;
  if (entry == nullptr) return ctx.reply().integer(0);
  const HashView hash = view_of(ctx, *entry);
  const HashView::Place at = hash.find(ctx.arg(2));
  if (at == HashView::nowhere) return ctx.reply().integer(0);
  char scratch[base::int64_digits_max];
  ctx.reply().integer(static_cast<std::int64_t>(hash.value(at, scratch).size()));
}

void hdel(CommandContext& ctx) {
  const Args fields = ctx.args().subspan(2);
  Table::Position at;
  if (!find_hash(ctx, at, fields)) return;
  if (!at) return ctx.reply().integer(0);
  Hash hash(*at.entry(), ctx.now_ms());
  std::int64_t removed = 0;
  for (const std::string_view field : fields)
    removed += hash.erase(field) ? 1 : 0;
  if (removed != 0) ctx.changed(ctx.key(), Event::hash, "hdel");
  ctx.count_changes(static_cast<std::uint64_t>(removed));
  leave_hash(ctx, at);
  ctx.reply().integer(removed);
}

constexpr Category read_categories = Category::fast | Category::hash | Category::read;
constexpr Category slow_read_categories = Category::hash | Category::read | Category::slow;
constexpr Category write_categories = Category::fast | Category::hash | Category::write;
constexpr Flag read_flags = Flag::readonly | Flag::fast;
constexpr Flag write_flags = Flag::write | Flag::denyoom | Flag::fast;
constexpr KeySpecs read_key = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access));
constexpr KeySpecs look_key = keys(range(1, 0, 1, KeyFlag::ro));
constexpr KeySpecs update_key = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update));
constexpr std::string_view for_size = "O(N) where N is the size of the hash.";

constexpr CommandSpec specs[] = {
    {.name = "HDEL",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = write_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = hdel,
     .group = "hash",
     .syntax = "key field [field ...]",
     .summary = "Removes fields from a hash, and the hash with its last one.",
     .complexity = "O(N) where N is the number of fields to be removed.",
     .since = "2.0.0",
     .history = "2.4.0: Accepts multiple `field` arguments."},
    {.name = "HEXISTS",
     .arity = 3,
     .flags = read_flags,
     .categories = read_categories,
     .keys = look_key,
     .handler = hexists,
     .group = "hash",
     .syntax = "key field",
     .summary = "Tells whether a hash has a field.",
     .complexity = "O(1)",
     .since = "2.0.0"},
    {.name = "HGET",
     .arity = 3,
     .flags = read_flags,
     .categories = read_categories,
     .keys = read_key,
     .handler = hget,
     .group = "hash",
     .syntax = "key field",
     .summary = "Returns the value of a field of a hash.",
     .complexity = "O(1)",
     .since = "2.0.0"},
    {.name = "HGETALL",
     .arity = 2,
     .flags = Flag::readonly,
     .categories = slow_read_categories,
     .keys = read_key,
     .handler = hgetall,
     .group = "hash",
     .syntax = "key",
     .summary = "Returns all fields of a hash with their values.",
     .complexity = for_size,
     .since = "2.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "HKEYS",
     .arity = 2,
     .flags = Flag::readonly,
     .categories = slow_read_categories,
     .keys = read_key,
     .handler = hkeys,
     .group = "hash",
     .syntax = "key",
     .summary = "Returns all fields of a hash.",
     .complexity = for_size,
     .since = "2.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "HLEN",
     .arity = 2,
     .flags = read_flags,
     .categories = read_categories,
     .keys = look_key,
     .handler = hlen,
     .group = "hash",
     .syntax = "key",
     .summary = "Counts the fields of a hash.",
     .complexity = "O(1)",
     .since = "2.0.0"},
    {.name = "HMGET",
     .arity = -3,
     .flags = read_flags,
     .categories = read_categories,
     .keys = read_key,
     .handler = hmget,
     .group = "hash",
     .syntax = "key field [field ...]",
     .summary = "Returns the values of some fields of a hash.",
     .complexity = "O(N) where N is the number of fields being requested.",
     .since = "2.0.0"},
    {.name = "HMSET",
     .arity = -4,
     .flags = write_flags,
     .categories = write_categories,
     .keys = update_key,
     .handler = hmset,
     .group = "hash",
     .syntax = "key field value [field value ...]",
     .summary = "Sets the values of some fields of a hash.",
     .complexity = "O(N) where N is the number of fields being set.",
     .since = "2.0.0",
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with multiple field-value pairs"},
    {.name = "HSET",
     .arity = -4,
     .flags = write_flags,
     .categories = write_categories,
     .keys = update_key,
     .handler = hset,
     .group = "hash",
     .syntax = "key field value [field value ...]",
     .summary = "Sets the values of some fields of a hash and counts the new ones.",
     .complexity = "O(N) where N is the number of fields being set.",
     .since = "2.0.0",
     .history = "4.0.0: Accepts multiple `field` and `value` arguments."},
    {.name = "HSETNX",
     .arity = 4,
     .flags = write_flags,
     .categories = write_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = hsetnx,
     .group = "hash",
     .syntax = "key field value",
     .summary = "Sets the value of a field of a hash if the field is not there.",
     .complexity = "O(1)",
     .since = "2.0.0"},
    {.name = "HSTRLEN",
     .arity = 3,
     .flags = read_flags,
     .categories = read_categories,
     .keys = look_key,
     .handler = hstrlen,
     .group = "hash",
     .syntax = "key field",
     .summary = "Tells how long the value of a field of a hash is.",
     .complexity = "O(1)",
     .since = "3.2.0"},
    {.name = "HVALS",
     .arity = 2,
     .flags = Flag::readonly,
     .categories = slow_read_categories,
     .keys = read_key,
     .handler = hvals,
     .group = "hash",
     .syntax = "key",
     .summary = "Returns the values of all fields of a hash.",
     .complexity = for_size,
     .since = "2.0.0",
     .tips = "nondeterministic_output_order"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> hash_commands() {
  return specs;
}

}  // namespace duplex::commands
