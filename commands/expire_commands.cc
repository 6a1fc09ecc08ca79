// When keys end: EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT, TTL, PTTL, EXPIRETIME, PEXPIRETIME, PERSIST.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Table;

enum class Unit : std::int64_t { milliseconds = 1, seconds = 1000 };
enum class Basis { now, epoch };

// NX, XX, GT and LT.
struct Conditions {
  bool only_without = false;
  bool only_with = false;
  bool only_later = false;
  bool only_earlier = false;

  // No expiry at all counts as the latest one.
  bool allow(std::int64_t expiry_ms, std::int64_t current_ms) const {
    if (only_without && current_ms != store::no_expiry) return false;
    if (only_with && current_ms == store::no_expiry) return false;
    if (only_later && expiry_ms <= current_ms) return false;
    return !(only_earlier && expiry_ms >= current_ms);
  }
};

// Answers the error itself if they are wrong.
std::optional<Conditions> conditions_of(CommandContext& ctx) {
  Conditions conditions;
  for (std::size_t i = 3; i < ctx.argc(); ++i) {
    const std::string_view word = ctx.arg(i);
    if (base::equals_ignoring_case(word, "nx")) {
      conditions.only_without = true;
    } else if (base::equals_ignoring_case(word, "xx")) {
      conditions.only_with = true;
    } else if (base::equals_ignoring_case(word, "gt")) {
      conditions.only_later = true;
    } else if (base::equals_ignoring_case(word, "lt")) {
      conditions.only_earlier = true;
    } else {
      ctx.error(fmt::format("ERR Unsupported option {}", errors::shown(word)));
      return std::nullopt;
    }
  }
  if (conditions.only_without &&
      (conditions.only_with || conditions.only_later || conditions.only_earlier)) {
    ctx.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (conditions.only_later && conditions.only_earlier) {
    ctx.error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return conditions;
}

// The time in argument 2, in milliseconds since 1970. Answers the error itself if it is none.
std::optional<std::int64_t> expiry_arg(CommandContext& ctx, Unit unit, Basis basis) {
  const auto number = ctx.integer_arg(2);
  if (!number) return std::nullopt;
  const std::int64_t start = basis == Basis::now ? ctx.now_ms() : 0;
  std::int64_t expiry_ms = 0;
  if (__builtin_mul_overflow(*number, static_cast<std::int64_t>(unit), &expiry_ms) ||
      __builtin_add_overflow(expiry_ms, start, &expiry_ms)) {
    ctx.error(fmt::format("ERR invalid expire time in '{}' command", ctx.command().full_name));
    return std::nullopt;
  }
  // The last value of all stands for keys that never end.
  return expiry_ms == store::no_expiry ? expiry_ms - 1 : expiry_ms;
}

void set_expiry_of_key(CommandContext& ctx, Unit unit, Basis basis) {
  const auto conditions = conditions_of(ctx);
  if (!conditions) return;
  const auto expiry_ms = expiry_arg(ctx, unit, basis);
  if (!expiry_ms) return;
  const store::HashedKey& key = ctx.key();
  const Table::Position at = ctx.find(key);
  if (!at || !conditions->allow(*expiry_ms, at.entry()->expiry_ms())) return ctx.reply().integer(0);
  if (*expiry_ms <= ctx.now_ms()) {
    ctx.erase(key, at);
    ctx.changed(key, Event::generic, "del");
    ctx.effect({"DEL", key.key});
  } else {
    ctx.set_expiry(key, at, *expiry_ms);
    ctx.changed(key, Event::generic, "expire");
    ctx.effect({"PEXPIREAT", key.key, ctx.keep(std::to_string(*expiry_ms))});
  }
  ctx.reply().integer(1);
}

void expire(CommandContext& ctx) {
  set_expiry_of_key(ctx, Unit::seconds, Basis::now);
}

void expireat(CommandContext& ctx) {
  set_expiry_of_key(ctx, Unit::seconds, Basis::epoch);
}

void pexpire(CommandContext& ctx) {
  set_expiry_of_key(ctx, Unit::milliseconds, Basis::now);
}

void pexpireat(CommandContext& ctx) {
  set_expiry_of_key(ctx, Unit::milliseconds, Basis::epoch);
}

void persist(CommandContext& ctx) {
  const store::HashedKey& key = ctx.key();
  const Table::Position at = ctx.find(key);
  if (!at || !at.entry()->has_expiry()) return ctx.reply().integer(0);
  ctx.set_expiry(key, at, store::no_expiry);
  ctx.changed(key, Event::generic, "persist");
  ctx.reply().integer(1);
}

// -2 if there is no key, -1 if it stays, else the time in milliseconds, counted from `start_ms`.
std::int64_t remaining_ms(CommandContext& ctx, std::int64_t start_ms) {
  const Entry* entry = ctx.look(ctx.key());
  if (entry == nullptr) return -2;
  if (!entry->has_expiry()) return -1;
  return entry->expiry_ms() - start_ms;
}

void pttl(CommandContext& ctx) {
  ctx.reply().integer(remaining_ms(ctx, ctx.now_ms()));
}

void ttl(CommandContext& ctx) {
  const std::int64_t left_ms = remaining_ms(ctx, ctx.now_ms());
  ctx.reply().integer(left_ms < 0 ? left_ms : (left_ms + 500) / 1000);
}

void pexpiretime(CommandContext& ctx) {
  ctx.reply().integer(remaining_ms(ctx, 0));
}

void expiretime(CommandContext& ctx) {
  const std::int64_t time_ms = remaining_ms(ctx, 0);
  // The halves are rounded up without adding to a time that may be near the end of the range.
  ctx.reply().integer(time_ms < 0 ? time_ms : time_ms / 1000 + (time_ms % 1000 >= 500 ? 1 : 0));
}

constexpr Category write_categories = Category::fast | Category::keyspace | Category::write;
constexpr Category read_categories = Category::fast | Category::keyspace | Category::read;
constexpr std::string_view options_history = "7.0.0: Added options: `NX`, `XX`, `GT` and `LT`.";

constexpr CommandSpec specs[] = {
    {.name = "EXPIRE",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = write_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = expire,
     .group = "generic",
     .syntax = "key seconds [NX|XX|GT|LT]",
     .summary = "Sets how many seconds a key has left.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .history = options_history},
    {.name = "EXPIREAT",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = write_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = expireat,
     .group = "generic",
     .syntax = "key unix-time-seconds [NX|XX|GT|LT]",
     .summary = "Sets the time, in seconds since 1970, at which a key ends.",
     .complexity = "O(1)",
     .since = "1.2.0",
     .history = options_history},
    {.name = "EXPIRETIME",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = read_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = expiretime,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells the time, in seconds since 1970, at which a key ends.",
     .complexity = "O(1)",
     .since = "7.0.0"},
    {.name = "PERSIST",
     .arity = 2,
     .flags = Flag::write | Flag::fast,
     .categories = write_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = persist,
     .group = "generic",
     .syntax = "key",
     .summary = "Takes a key's time to live away.",
     .complexity = "O(1)",
     .since = "2.2.0"},
    {.name = "PEXPIRE",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = write_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = pexpire,
     .group = "generic",
     .syntax = "key milliseconds [NX|XX|GT|LT]",
     .summary = "Sets how many milliseconds a key has left.",
     .complexity = "O(1)",
     .since = "2.6.0",
     .history = options_history},
    {.name = "PEXPIREAT",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = write_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = pexpireat,
     .group = "generic",
     .syntax = "key unix-time-milliseconds [NX|XX|GT|LT]",
     .summary = "Sets the time, in milliseconds since 1970, at which a key ends.",
     .complexity = "O(1)",
     .since = "2.6.0",
     .history = options_history},
    {.name = "PEXPIRETIME",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = read_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = pexpiretime,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells the time, in milliseconds since 1970, at which a key ends.",
     .complexity = "O(1)",
     .since = "7.0.0"},
    {.name = "PTTL",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = read_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = pttl,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells how many milliseconds a key has left.",
     .complexity = "O(1)",
     .since = "2.6.0",
     .history = "2.8.0: Added the -2 reply.",
     .tips = "nondeterministic_output"},
    {.name = "TTL",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = read_categories,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = ttl,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells how many seconds a key has left.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .history = "2.8.0: Added the -2 reply.",
     .tips = "nondeterministic_output"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> expire_commands() {
  return specs;
}

}  // namespace duplex::commands
