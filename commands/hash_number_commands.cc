// Fields of hashes as numbers: HINCRBY, HINCRBYFLOAT.
#include "base/numbers.h"
#include "commands/families.h"
#include "commands/hash_values.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Hash;
using store::HashView;
using store::Table;

// The value of field 2, whatever it is; nothing if there is none.
std::optional<std::string_view> current(CommandContext& ctx, Table::Position at, char* scratch) {
  if (!at) return std::nullopt;
  const HashView hash(*at.entry(), ctx.now_ms());
  const HashView::Place place = hash.find(ctx.arg(2));
  if (place == HashView::nowhere) return std::nullopt;
  return hash.value(place, scratch);
}

void put_number(CommandContext& ctx,
                Table::Position at,
                std::string_view text,
                std::string_view event) {
  at = make_hash(ctx, at);
  Hash(*at.entry(), ctx.now_ms()).set(ctx.arg(2), text, Hash::Expiry::keep);
  ctx.changed(ctx.key(), Event::hash, event);
  leave_hash(ctx, at);
}

void hincrby(CommandContext& ctx) {
  const auto increment = ctx.integer_arg(3);
  if (!increment) return;
  Table::Position at;
  if (!find_hash(ctx, at, ctx.args().subspan(2, 1))) return;
  char scratch[base::int64_digits_max];
  std::int64_t value = 0;
  if (const auto text = current(ctx, at, scratch)) {
    const auto number = base::parse_int64(*text);
    if (!number) return ctx.error("ERR hash value is not an integer");
    value = *number;
  }
  if (__builtin_add_overflow(value, *increment, &value)) return ctx.error(errors::overflow);
  put_number(ctx, at, {scratch, base::write_int64(value, scratch)}, "hincrby");
  ctx.reply().integer(value);
}

void hincrbyfloat(CommandContext& ctx) {
  const auto increment = base::parse_long_double(ctx.arg(3));
  if (!increment) return ctx.error(errors::not_a_float);
  if (std::isnan(*increment) || std::isinf(*increment))
    return ctx.error("ERR value is NaN or Infinity");
  Table::Position at;
  if (!find_hash(ctx, at, ctx.args().subspan(2, 1))) return;
  char scratch[base::int64_digits_max];
  long double value = 0;
  bool is_timed = false;
  if (const auto text = current(ctx, at, scratch)) {
    const auto number = base::parse_long_double(*text);
    if (!number) return ctx.error("ERR hash value is not a float");
    value = *number;
    const HashView hash(*at.entry(), ctx.now_ms());
    is_timed = hash.expiry_ms(hash.find(ctx.arg(2))) != store::no_expiry;
  }
  value += *increment;
  if (std::isnan(value) || std::isinf(value)) return ctx.error(errors::nan_or_infinity);
  const std::string_view text = ctx.keep(base::format_long_double(value));
  put_number(ctx, at, text, "hincrbyfloat");
  // The result, so that replaying does not depend on how numbers are computed.
  if (is_timed)
    ctx.effect({"HSETEX", ctx.key().key, "KEEPTTL", "FIELDS", "1", ctx.arg(2), text});
  else
    ctx.effect({"HSET", ctx.key().key, ctx.arg(2), text});
  ctx.reply().bulk(text);
}

constexpr Flag number_flags = Flag::write | Flag::denyoom | Flag::fast;
constexpr Category number_categories = Category::fast | Category::hash | Category::write;
constexpr KeySpecs number_key =
    keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update));

constexpr CommandSpec specs[] = {
    {.name = "HINCRBY",
     .arity = 4,
     .flags = number_flags,
     .categories = number_categories,
     .keys = number_key,
     .handler = hincrby,
     .group = "hash",
     .syntax = "key field increment",
     .summary = "Adds a number to the integer in a field of a hash; a missing field counts as 0.",
     .complexity = "O(1)",
     .since = "2.0.0"},
    {.name = "HINCRBYFLOAT",
     .arity = 4,
     .flags = number_flags,
     .categories = number_categories,
     .keys = number_key,
     .handler = hincrbyfloat,
     .group = "hash",
     .syntax = "key field increment",
     .summary = "Adds a number with a fraction to a field of a hash; a missing field counts as 0.",
     .complexity = "O(1)",
     .since = "2.6.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> hash_number_commands() {
  return specs;
}

}  // namespace duplex::commands
