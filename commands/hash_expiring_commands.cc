// Values of hashes together with when they end: HGETDEL, HGETEX, HSETEX.
#include "commands/families.h"
#include "commands/hash_fields.h"
#include "commands/hash_values.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::Hash;
using store::HashView;
using store::Table;

void reply_fields(CommandContext& ctx, Table::Position at, Args fields) {
  ctx.reply().array(fields.size());
  for (const std::string_view field : fields)
    reply_field(ctx, at ? at.entry() : nullptr, field);
}

// Removes fields and logs which; each may be named more than once, or not be there.
void remove_fields(CommandContext& ctx, Table::Position at, Args fields, std::size_t step = 1) {
  Hash hash(*at.entry(), ctx.now_ms());
  std::vector<std::string_view> words{"HDEL", ctx.key().key};
  const std::size_t before = words.size();
  for (std::size_t i = 0; i < fields.size(); i += step)
    if (hash.erase(fields[i])) words.push_back(fields[i]);
  if (words.size() == before) return;
  ctx.changed(ctx.key(), Event::hash, "hdel");
  ctx.effect(words);
}

void hgetdel(CommandContext& ctx) {
  Table::Position at;
  if (!find_hash(ctx, at, {})) return;
  const auto fields = fields_clause(ctx, 2, "ERR Number of fields must be a positive integer");
  if (!fields || !find_hash(ctx, at, *fields)) return;
  if (!at) return reply_fields(ctx, at, *fields);
  // A field that is named twice is gone the second time.
  ctx.reply().array(fields->size());
  std::vector<std::string_view> words{"HDEL", ctx.key().key};
  Hash hash(*at.entry(), ctx.now_ms());
  for (const std::string_view field : *fields) {
    reply_field(ctx, at.entry(), field);
    if (hash.erase(field)) words.push_back(field);
  }
  if (words.size() > 2) {
    ctx.changed(ctx.key(), Event::hash, "hdel");
    ctx.effect(words);
  }
  leave_hash(ctx, at);
}

// Gives the fields that are there this end (no_expiry: none) and logs for which it is new.
void change_expiries(CommandContext& ctx, Table::Position at, Args fields, std::int64_t expiry_ms) {
  Hash hash(*at.entry(), ctx.now_ms());
  std::vector<std::string_view> changed;
  for (const std::string_view field : fields) {
    const HashView::Place place = hash.find(field);
    if (place == HashView::nowhere || hash.expiry_ms(place) == expiry_ms) continue;
    hash.set_expiry(field, expiry_ms);
    changed.push_back(field);
  }
  if (changed.empty()) return;
  if (expiry_ms == store::no_expiry) {
    ctx.changed(ctx.key(), Event::hash, "hpersist");
    log_fields(ctx, "HPERSIST", {}, changed);
  } else {
    ctx.changed(ctx.key(), Event::hash, "hexpire");
    log_fields(ctx, "HPEXPIREAT", {ctx.keep(std::to_string(expiry_ms))}, changed);
  }
}

void hgetex(CommandContext& ctx) {
  Table::Position at;
  if (!find_hash(ctx, at, {})) return;
  const auto options = field_options(ctx, FieldCommand::hgetex);
  if (!options || !find_hash(ctx, at, options->fields)) return;
  reply_fields(ctx, at, options->fields);
  if (!at) return;
  if (options->expiry_ms && *options->expiry_ms <= ctx.now_ms())
    remove_fields(ctx, at, options->fields);
  else if (options->expiry_ms || options->persist)
    change_expiries(ctx, at, options->fields, options->expiry_ms.value_or(store::no_expiry));
  leave_hash(ctx, at);
}

bool holds(CommandContext& ctx, Table::Position at, const FieldOptions& options) {
  using Condition = FieldOptions::Condition;
  if (options.condition == Condition::none) return true;
  const bool wanted = options.condition == Condition::all_present;
  if (!at) return !wanted;
  const HashView hash(*at.entry(), ctx.now_ms());
  for (std::size_t i = 0; i < options.fields.size(); i += 2)
    if (hash.contains(options.fields[i]) != wanted) return false;
  return true;
}

// What HSETEX did, without conditions and with a time since 1970.
void log_hsetex(CommandContext& ctx, const FieldOptions& options) {
  std::vector<std::string_view> words{"HSETEX", ctx.key().key};
  if (options.expiry_ms) {
    words.push_back("PXAT");
    words.push_back(ctx.keep(std::to_string(*options.expiry_ms)));
  } else if (options.keep) {
    words.push_back("KEEPTTL");
  }
  words.push_back("FIELDS");
  words.push_back(ctx.keep(std::to_string(options.fields.size() / 2)));
  words.insert(words.end(), options.fields.begin(), options.fields.end());
  ctx.effect(words);
}

void hsetex(CommandContext& ctx) {
  Table::Position at;
  if (!find_hash(ctx, at, {})) return;
  const auto options = field_options(ctx, FieldCommand::hsetex);
  if (!options || !find_hash(ctx, at, options->fields, 2)) return;
  const Args pairs = options->fields;
  if (!holds(ctx, at, *options)) {
    leave_hash(ctx, at);
    return ctx.reply().integer(0);
  }
  ctx.reply().integer(1);
  if (options->expiry_ms && *options->expiry_ms <= ctx.now_ms()) {
    // Set and over at once: what is left is that the fields are not there.
    if (!at) return;
    remove_fields(ctx, at, pairs, 2);
    return leave_hash(ctx, at);
  }
  at = make_hash(ctx, at);
  Hash hash(*at.entry(), ctx.now_ms());
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    hash.set(pairs[i], pairs[i + 1], options->keep ? Hash::Expiry::keep : Hash::Expiry::remove);
    if (options->expiry_ms) hash.set_expiry(pairs[i], *options->expiry_ms);
  }
  ctx.changed(ctx.key(), Event::hash, "hset");
  if (options->expiry_ms) ctx.notify(ctx.database(), ctx.key().key, Event::hash, "hexpire");
  log_hsetex(ctx, *options);
  leave_hash(ctx, at);
}

constexpr Category categories = Category::fast | Category::hash | Category::write;
constexpr std::string_view complexity = "O(N) where N is the number of specified fields.";

constexpr CommandSpec specs[] = {
    {.name = "HGETDEL",
     .arity = -5,
     .flags = Flag::write | Flag::fast,
     .categories = categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = hgetdel,
     .group = "hash",
     .syntax = "key FIELDS numfields field [field ...]",
     .summary = "Returns the values of fields of a hash and removes the fields.",
     .complexity = complexity,
     .since = "9.1.0"},
    {.name = "HGETEX",
     .arity = -5,
     .flags = Flag::write | Flag::fast,
     .categories = categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update)),
     .handler = hgetex,
     .group = "hash",
     .syntax = "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|PERSIST] FIELDS numfields field [field ...]",
     .summary = "Returns the values of fields of a hash and changes when the fields end.",
     .complexity = complexity,
     .since = "9.0.0"},
    {.name = "HSETEX",
     .arity = -6,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = hsetex,
     .group = "hash",
     .syntax = "key [FNX|FXX] [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|KEEPTTL] FIELDS numfields field value "
               "[field value ...]",
     .summary = "Sets the values of some fields of a hash and when the fields end.",
     .complexity = complexity,
     .since = "9.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> hash_expiring_commands() {
  return specs;
}

}  // namespace duplex::commands
