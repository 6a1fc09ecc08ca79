// When fields of hashes end: HEXPIRE, HTTL, HPERSIST and their relatives.
#include "base/text.h"
#include "commands/families.h"
#include "commands/hash_fields.h"
#include "commands/hash_values.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Hash;
using store::HashView;
using store::Table;

// What is answered for each field.
constexpr std::int64_t no_such_field = -2;
constexpr std::int64_t no_time = -1;
constexpr std::int64_t refused = 0;
constexpr std::int64_t done = 1;
constexpr std::int64_t deleted = 2;

enum class Unit : std::uint8_t { seconds, milliseconds };
enum class Basis : std::uint8_t { now, epoch };

enum class Condition : std::uint8_t { none, without, with, later, earlier };

// NX, XX, GT or LT; none if it is another word.
Condition condition_of(std::string_view word) {
  if (base::equals_ignoring_case(word, "NX")) return Condition::without;
  if (base::equals_ignoring_case(word, "XX")) return Condition::with;
  if (base::equals_ignoring_case(word, "GT")) return Condition::later;
  return base::equals_ignoring_case(word, "LT") ? Condition::earlier : Condition::none;
}

// No time at all counts as the latest one.
bool allows(Condition condition, std::int64_t expiry_ms, std::int64_t current_ms) {
  switch (condition) {
    case Condition::without:
      return current_ms == store::no_expiry;
    case Condition::with:
      return current_ms != store::no_expiry;
    case Condition::later:
      return expiry_ms > current_ms;
    case Condition::earlier:
      return expiry_ms < current_ms;
    case Condition::none:
      break;
  }
  return true;
}

void reply_for_each(CommandContext& ctx, std::size_t count, std::int64_t code) {
  ctx.reply().array(count);
  for (std::size_t i = 0; i < count; ++i)
    ctx.reply().integer(code);
}

// The fields whose end was set, and those that are gone because it is over.
struct Changes {
  std::vector<std::string_view> set;
  std::vector<std::string_view> gone;
};

std::int64_t expire_field(CommandContext& ctx,
                          Hash& hash,
                          std::string_view field,
                          std::int64_t expiry_ms,
                          Condition condition,
                          Changes& changes) {
  const HashView::Place at = hash.find(field);
  if (at == HashView::nowhere) return no_such_field;
  if (!allows(condition, expiry_ms, hash.expiry_ms(at))) return refused;
  if (expiry_ms <= ctx.now_ms()) {
    hash.erase(field);
    changes.gone.push_back(field);
    return deleted;
  }
  hash.set_expiry(field, expiry_ms);
  changes.set.push_back(field);
  return done;
}

void set_expiry_of_fields(CommandContext& ctx, Unit unit, Basis basis) {
  Table::Position at;
  if (!find_hash(ctx, at, {})) return;
  const auto expiry_ms = field_expiry(ctx, ctx.arg(2), unit == Unit::seconds, basis == Basis::now);
  if (!expiry_ms) return;
  const Condition condition = condition_of(ctx.arg(3));
  const auto fields = fields_clause(ctx,
                                    condition == Condition::none ? 3 : 4,
                                    "ERR Parameter `numFields` should be greater than 0");
  if (!fields) return;
  if (!at) return reply_for_each(ctx, fields->size(), no_such_field);
  Hash hash(*at.entry(), ctx.now_ms());
  Changes changes;
  ctx.reply().array(fields->size());
  for (const std::string_view field : *fields)
    ctx.reply().integer(expire_field(ctx, hash, field, *expiry_ms, condition, changes));
  if (!changes.set.empty()) {
    ctx.changed(ctx.key(), Event::hash, "hexpire");
    log_fields(ctx, "HPEXPIREAT", {ctx.keep(std::to_string(*expiry_ms))}, changes.set);
  }
  if (!changes.gone.empty()) {
    ctx.changed(ctx.key(), Event::hash, "hdel");
    std::vector<std::string_view> words{"HDEL", ctx.key().key};
    words.insert(words.end(), changes.gone.begin(), changes.gone.end());
    ctx.effect(words);
  }
  leave_hash(ctx, at);
}

void hexpire(CommandContext& ctx) {
  set_expiry_of_fields(ctx, Unit::seconds, Basis::now);
}

void hexpireat(CommandContext& ctx) {
  set_expiry_of_fields(ctx, Unit::seconds, Basis::epoch);
}

void hpexpire(CommandContext& ctx) {
  set_expiry_of_fields(ctx, Unit::milliseconds, Basis::now);
}

void hpexpireat(CommandContext& ctx) {
  set_expiry_of_fields(ctx, Unit::milliseconds, Basis::epoch);
}

constexpr std::string_view bad_count = "ERR Number of fields must be a positive integer";

// Answers for each field `tell(milliseconds since 1970)`.
template <typename Tell>
void reply_times(CommandContext& ctx, Tell&& tell) {
  Entry* entry = nullptr;
  if (!read_hash(ctx, entry)) return;
  const auto fields = fields_clause(ctx, 2, bad_count);
  if (!fields) return;
  if (entry == nullptr) return reply_for_each(ctx, fields->size(), no_such_field);
  const HashView hash = view_of(ctx, *entry);
  ctx.reply().array(fields->size());
  for (const std::string_view field : *fields) {
    const HashView::Place at = hash.find(field);
    if (at == HashView::nowhere)
      ctx.reply().integer(no_such_field);
    else if (hash.expiry_ms(at) == store::no_expiry)
      ctx.reply().integer(no_time);
    else
      ctx.reply().integer(tell(hash.expiry_ms(at)));
  }
}

// Begun seconds count whole.
std::int64_t whole_seconds(std::int64_t ms) {
  return (ms + 999) / 1000;
}

void httl(CommandContext& ctx) {
  reply_times(ctx, [&](std::int64_t ms) { return whole_seconds(ms - ctx.now_ms()); });
}

void hpttl(CommandContext& ctx) {
  reply_times(ctx, [&](std::int64_t ms) { return ms - ctx.now_ms(); });
}

void hexpiretime(CommandContext& ctx) {
  reply_times(ctx, whole_seconds);
}

void hpexpiretime(CommandContext& ctx) {
  reply_times(ctx, [](std::int64_t ms) { return ms; });
}

void hpersist(CommandContext& ctx) {
  Table::Position at;
  if (!find_hash(ctx, at, {})) return;
  const auto fields = fields_clause(ctx, 2, bad_count);
  if (!fields) return;
  if (!at) return reply_for_each(ctx, fields->size(), no_such_field);
  Hash hash(*at.entry(), ctx.now_ms());
  std::vector<std::string_view> freed;
  ctx.reply().array(fields->size());
  for (const std::string_view field : *fields) {
    const HashView::Place place = hash.find(field);
    if (place == HashView::nowhere) {
      ctx.reply().integer(no_such_field);
    } else if (hash.expiry_ms(place) == store::no_expiry) {
      ctx.reply().integer(no_time);
    } else {
      hash.set_expiry(field, store::no_expiry);
      freed.push_back(field);
      ctx.reply().integer(done);
    }
  }
  if (freed.empty()) return;
  ctx.changed(ctx.key(), Event::hash, "hpersist");
  log_fields(ctx, "HPERSIST", {}, freed);
  leave_hash(ctx, at);
}

constexpr Flag expire_flags = Flag::write | Flag::denyoom | Flag::fast;
constexpr Category expire_categories = Category::fast | Category::hash | Category::write;
constexpr KeySpecs expire_key = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update));
constexpr Flag time_flags = Flag::readonly | Flag::fast;
constexpr Category time_categories = Category::fast | Category::hash | Category::read;
constexpr KeySpecs time_key = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access));
constexpr std::string_view complexity = "O(N) where N is the number of specified fields.";
constexpr std::string_view since = "9.0.0";
constexpr std::string_view time_syntax = "key FIELDS numfields field [field ...]";

constexpr CommandSpec specs[] = {
    {.name = "HEXPIRE",
     .arity = -6,
     .flags = expire_flags,
     .categories = expire_categories,
     .keys = expire_key,
     .handler = hexpire,
     .group = "hash",
     .syntax = "key seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]",
     .summary = "Sets how many seconds fields of a hash have left.",
     .complexity = complexity,
     .since = since},
    {.name = "HEXPIREAT",
     .arity = -6,
     .flags = expire_flags,
     .categories = expire_categories,
     .keys = expire_key,
     .handler = hexpireat,
     .group = "hash",
     .syntax = "key unix-time-seconds [NX|XX|GT|LT] FIELDS numfields field [field ...]",
     .summary = "Sets the time, in seconds since 1970, at which fields of a hash end.",
     .complexity = complexity,
     .since = since},
    {.name = "HEXPIRETIME",
     .arity = -5,
     .flags = time_flags,
     .categories = time_categories,
     .keys = time_key,
     .handler = hexpiretime,
     .group = "hash",
     .syntax = time_syntax,
     .summary = "Tells the time, in seconds since 1970, at which fields of a hash end.",
     .complexity = complexity,
     .since = since},
    {.name = "HPERSIST",
     .arity = -5,
     .flags = Flag::write | Flag::fast,
     .categories = expire_categories,
     .keys = expire_key,
     .handler = hpersist,
     .group = "hash",
     .syntax = time_syntax,
     .summary = "Takes the time to live of fields of a hash away.",
     .complexity = complexity,
     .since = since},
    {.name = "HPEXPIRE",
     .arity = -6,
     .flags = expire_flags,
     .categories = expire_categories,
     .keys = expire_key,
     .handler = hpexpire,
     .group = "hash",
     .syntax = "key milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]",
     .summary = "Sets how many milliseconds fields of a hash have left.",
     .complexity = complexity,
     .since = since},
    {.name = "HPEXPIREAT",
     .arity = -6,
     .flags = expire_flags,
     .categories = expire_categories,
     .keys = expire_key,
     .handler = hpexpireat,
     .group = "hash",
     .syntax = "key unix-time-milliseconds [NX|XX|GT|LT] FIELDS numfields field [field ...]",
     .summary = "Sets the time, in milliseconds since 1970, at which fields of a hash end.",
     .complexity = complexity,
     .since = since},
    {.name = "HPEXPIRETIME",
     .arity = -5,
     .flags = time_flags,
     .categories = time_categories,
     .keys = time_key,
     .handler = hpexpiretime,
     .group = "hash",
     .syntax = time_syntax,
     .summary = "Tells the time, in milliseconds since 1970, at which fields of a hash end.",
     .complexity = complexity,
     .since = since},
    {.name = "HPTTL",
     .arity = -5,
     .flags = time_flags,
     .categories = time_categories,
     .keys = time_key,
     .handler = hpttl,
     .group = "hash",
     .syntax = time_syntax,
     .summary = "Tells how many milliseconds fields of a hash have left.",
     .complexity = complexity,
     .since = since,
     .tips = "nondeterministic_output"},
    {.name = "HTTL",
     .arity = -5,
     .flags = time_flags,
     .categories = time_categories,
     .keys = time_key,
     .handler = httl,
     .group = "hash",
     .syntax = time_syntax,
     .summary = "Tells how many seconds fields of a hash have left.",
     .complexity = complexity,
     .since = since,
     .tips = "nondeterministic_output"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> hash_expiry_commands() {
  return specs;
}

}  // namespace duplex::commands
