// Strings as numbers: INCR, DECR, their BY forms and INCRBYFLOAT.
#include "base/numbers.h"
#include "commands/command_context.h"
#include "commands/families.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Table;

void add(CommandContext& ctx, std::int64_t increment) {
  const store::HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_string(key, at)) return;
  std::int64_t value = 0;
  const bool is_integer = at && at.entry()->is_integer();
  if (is_integer) {
    value = at.entry()->integer();
  } else if (at) {
    char scratch[base::int64_digits_max];
    const auto number = base::parse_int64(at.entry()->text(scratch));
    if (!number) return ctx.error(errors::not_an_integer);
    value = *number;
  }
  if (__builtin_add_overflow(value, increment, &value)) return ctx.error(errors::overflow);
  if (is_integer)
    at.entry()->change_integer(value);
  else
    ctx.put(key,
            at,
            Entry::make_integer(key.key, value, at ? at.entry()->expiry_ms() : store::no_expiry));
  ctx.changed(key, Event::string, "incrby");
  ctx.reply().integer(value);
}

void incr(CommandContext& ctx) {
  add(ctx, 1);
}

void decr(CommandContext& ctx) {
  add(ctx, -1);
}

void incrby(CommandContext& ctx) {
  if (const auto increment = ctx.integer_arg(2)) add(ctx, *increment);
}

void decrby(CommandContext& ctx) {
  const auto decrement = ctx.integer_arg(2);
  if (!decrement) return;
  if (*decrement == std::numeric_limits<std::int64_t>::min())
    return ctx.error(errors::decrement_overflow);
  add(ctx, -*decrement);
}

void incrbyfloat(CommandContext& ctx) {
  const store::HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_string(key, at)) return;
  long double value = 0;
  if (at) {
    char scratch[base::int64_digits_max];
    const auto number = base::parse_long_double(at.entry()->text(scratch));
    if (!number) return ctx.error(errors::not_a_float);
    value = *number;
  }
  const auto increment = base::parse_long_double(ctx.arg(2));
  if (!increment) return ctx.error(errors::not_a_float);
  value += *increment;
  if (std::isnan(value) || std::isinf(value)) return ctx.error(errors::nan_or_infinity);
  const std::string_view text = ctx.keep(base::format_long_double(value));
  ctx.put(
      key, at, Entry::make_text(key.key, text, at ? at.entry()->expiry_ms() : store::no_expiry));
  ctx.changed(key, Event::string, "incrbyfloat");
  // The result, so that replaying does not depend on how numbers are computed.
  ctx.effect({"SET", key.key, text, "KEEPTTL"});
  ctx.reply().bulk(text);
}

constexpr Flag number_flags = Flag::write | Flag::denyoom | Flag::fast;
constexpr Category number_categories = Category::fast | Category::string | Category::write;
constexpr KeySpecs number_key =
    keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update));

constexpr CommandSpec specs[] = {
    {.name = "DECR",
     .arity = 2,
     .flags = number_flags,
     .categories = number_categories,
     .keys = number_key,
     .handler = decr,
     .group = "string",
     .syntax = "key",
     .summary = "Subtracts one from the integer value of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "DECRBY",
     .arity = 3,
     .flags = number_flags,
     .categories = number_categories,
     .keys = number_key,
     .handler = decrby,
     .group = "string",
     .syntax = "key decrement",
     .summary = "Subtracts a number from the integer value of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "INCR",
     .arity = 2,
     .flags = number_flags,
     .categories = number_categories,
     .keys = number_key,
     .handler = incr,
     .group = "string",
     .syntax = "key",
     .summary = "Adds one to the integer value of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "INCRBY",
     .arity = 3,
     .flags = number_flags,
     .categories = number_categories,
     .keys = number_key,
     .handler = incrby,
     .group = "string",
     .syntax = "key increment",
     .summary = "Adds a number to the integer value of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "INCRBYFLOAT",
     .arity = 3,
     .flags = number_flags,
     .categories = number_categories,
     .keys = number_key,
     .handler = incrbyfloat,
     .group = "string",
     .syntax = "key increment",
     .summary = "Adds a number to the floating point value of a key; a missing key counts as 0.",
     .complexity = "O(1)",
     .since = "2.6.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> string_number_commands() {
  return specs;
}

}  // namespace duplex::commands
