// Strings as a whole: GET, SET and their relatives.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/expire_options.h"
#include "commands/families.h"
#include "commands/string_values.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashedKey;
using store::Table;

std::string_view keep_number(CommandContext& ctx, std::int64_t value) {
  char text[base::int64_digits_max];
  return ctx.keep(std::string(text, base::write_int64(value, text)));
}

void reply_value(CommandContext& ctx, const Entry* entry) {
  if (entry == nullptr) return ctx.reply().null();
  char scratch[base::int64_digits_max];
  ctx.reply().bulk(entry->text(scratch));
}

void get(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (ctx.read_string(ctx.key(), entry)) reply_value(ctx, entry);
}

// Takes a key away and logs that as DEL.
void remove(CommandContext& ctx, const HashedKey& key, Table::Position at) {
  ctx.erase(key, at);
  ctx.changed(key, Event::generic, "del");
  ctx.effect({"DEL", key.key});
}

// A value that ends at `expiry_ms`, be it in the past.
void set_with_expiry(CommandContext& ctx,
                     Table::Position at,
                     std::string_view value,
                     std::int64_t expiry_ms) {
  const HashedKey& key = ctx.key();
  put_string(ctx, key, at, value, expiry_ms);
  ctx.changed(key, Event::string, "set");
  ctx.notify(ctx.database(), key.key, Event::generic, "expire");
  ctx.effect({"SET", key.key, value, "PXAT", keep_number(ctx, expiry_ms)});
}

enum class Condition : std::uint8_t { none, absent, present, equal };

struct SetOptions {
  Condition condition = Condition::none;
  std::string_view comparison;  // IFEQ's
  bool get = false;
  ExpireOption expire{ExpireOption::Kind::keep_ttl};
};

bool parse(Args args, SetOptions& options) {
  const auto choose = [&](Condition condition) {
    if (options.condition == condition && condition != Condition::equal) return true;
    if (options.condition != Condition::none) return false;
    options.condition = condition;
    return true;
  };
  for (std::size_t i = 3; i < args.size(); ++i) {
    if (base::equals_ignoring_case(args[i], "NX")) {
      if (!choose(Condition::absent)) return false;
    } else if (base::equals_ignoring_case(args[i], "XX")) {
      if (!choose(Condition::present)) return false;
    } else if (base::equals_ignoring_case(args[i], "IFEQ")) {
      if (i + 1 == args.size() || !choose(Condition::equal)) return false;
      options.comparison = args[++i];
    } else if (base::equals_ignoring_case(args[i], "GET")) {
      options.get = true;
    } else if (!options.expire.take(args, i)) {
      return false;
    }
  }
  return true;
}

// Nothing if it cannot be told, because the key holds another type.
std::optional<bool> holds(const SetOptions& options, Table::Position at) {
  switch (options.condition) {
    case Condition::none:
      return true;
    case Condition::absent:
      return !at;
    case Condition::present:
      return static_cast<bool>(at);
    case Condition::equal:
      break;
  }
  if (!at) return false;
  if (at.entry()->type() != store::ValueType::string) return std::nullopt;
  char scratch[base::int64_digits_max];
  return at.entry()->text(scratch) == options.comparison;
}

void set_with_options(CommandContext& ctx) {
  SetOptions options;
  if (!parse(ctx.args(), options)) return ctx.error(errors::syntax);
  std::optional<std::int64_t> expiry_ms;
  if (options.expire.has_time()) {
    expiry_ms = options.expire.time(ctx);
    if (!expiry_ms) return;
  }
  const HashedKey& key = ctx.key();
  if (options.get) {
    Entry* old = nullptr;
    if (!ctx.read_string(key, old)) return;
    reply_value(ctx, old);
  }
  const Table::Position at = ctx.find(key);
  const std::optional<bool> go_on = holds(options, at);
  if (!go_on) return ctx.error(errors::wrong_type);
  if (!*go_on) {
    if (!options.get) ctx.reply().null();
    return;
  }
  const std::string_view value = ctx.arg(2);
  if (expiry_ms) {
    set_with_expiry(ctx, at, value, *expiry_ms);
  } else {
    const bool keep_ttl = options.expire.kind() == ExpireOption::Kind::keep_ttl;
    put_string(ctx, key, at, value, keep_ttl && at ? at.entry()->expiry_ms() : store::no_expiry);
    ctx.changed(key, Event::string, "set");
    if (keep_ttl)
      ctx.effect({"SET", key.key, value, "KEEPTTL"});
    else
      ctx.effect({"SET", key.key, value});
  }
  if (!options.get) ctx.reply().ok();
}

void set(CommandContext& ctx) {
  if (ctx.argc() > 3) return set_with_options(ctx);
  const HashedKey& key = ctx.key();
  put_string(ctx, key, ctx.find(key), ctx.arg(2), store::no_expiry);
  ctx.changed(key, Event::string, "set");
  ctx.reply().ok();
}

void setnx(CommandContext& ctx) {
  const HashedKey& key = ctx.key();
  const Table::Position at = ctx.find(key);
  if (at) return ctx.reply().integer(0);
  put_string(ctx, key, at, ctx.arg(2), store::no_expiry);
  ctx.changed(key, Event::string, "set");
  ctx.reply().integer(1);
}

void set_for(CommandContext& ctx, TimeUnit unit) {
  const auto expiry_ms = positive_expiry_arg(ctx, ctx.arg(2), unit, ctx.now_ms());
  if (!expiry_ms) return;
  set_with_expiry(ctx, ctx.find(ctx.key()), ctx.arg(3), *expiry_ms);
  ctx.reply().ok();
}

void setex(CommandContext& ctx) {
  set_for(ctx, TimeUnit::seconds);
}

void psetex(CommandContext& ctx) {
  set_for(ctx, TimeUnit::milliseconds);
}

void getset(CommandContext& ctx) {
  const HashedKey& key = ctx.key();
  Entry* old = nullptr;
  if (!ctx.read_string(key, old)) return;
  reply_value(ctx, old);
  put_string(ctx, key, ctx.find(key), ctx.arg(2), store::no_expiry);
  ctx.changed(key, Event::string, "set");
  ctx.effect({"SET", key.key, ctx.arg(2)});
}

void getdel(CommandContext& ctx) {
  const HashedKey& key = ctx.key();
  Entry* entry = nullptr;
  if (!ctx.read_string(key, entry)) return;
  reply_value(ctx, entry);
  if (entry != nullptr) remove(ctx, key, ctx.find(key));
}

void getex(CommandContext& ctx) {
  ExpireOption option(ExpireOption::Kind::persist);
  for (std::size_t i = 2; i < ctx.argc(); ++i)
    if (!option.take(ctx.args(), i)) return ctx.error(errors::syntax);
  const HashedKey& key = ctx.key();
  Entry* entry = nullptr;
  if (!ctx.read_string(key, entry)) return;
  if (entry == nullptr) return ctx.reply().null();
  std::optional<std::int64_t> expiry_ms;
  if (option.has_time()) {
    expiry_ms = option.time(ctx);
    if (!expiry_ms) return;
  }
  reply_value(ctx, entry);
  if (expiry_ms) {
    const Table::Position at = ctx.find(key);
    if (*expiry_ms <= ctx.now_ms()) return remove(ctx, key, at);
    ctx.set_expiry(key, at, *expiry_ms);
    ctx.changed(key, Event::generic, "expire");
    ctx.effect({"PEXPIREAT", key.key, keep_number(ctx, *expiry_ms)});
  } else if (option.kind() == ExpireOption::Kind::persist && entry->has_expiry()) {
    ctx.set_expiry(key, ctx.find(key), store::no_expiry);
    ctx.changed(key, Event::generic, "persist");
    ctx.effect({"PERSIST", key.key});
  }
}

void delifeq(CommandContext& ctx) {
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_string(key, at)) return;
  char scratch[base::int64_digits_max];
  if (!at || at.entry()->text(scratch) != ctx.arg(2)) return ctx.reply().integer(0);
  remove(ctx, key, at);
  ctx.reply().integer(1);
}

constexpr CommandSpec specs[] = {
    {.name = "DELIFEQ",
     .arity = 3,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rm | KeyFlag::access | KeyFlag::deletes)),
     .handler = delifeq,
     .group = "string",
     .syntax = "key value",
     .summary = "Deletes a key if its string value is the given one.",
     .complexity = "O(1)",
     .since = "9.0.0"},
    {.name = "GET",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::string,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = get,
     .group = "string",
     .syntax = "key",
     .summary = "Returns the string value of a key.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "GETDEL",
     .arity = 2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = getdel,
     .group = "string",
     .syntax = "key",
     .summary = "Returns the string value of a key and deletes the key.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "GETEX",
     .arity = -2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update)),
     .handler = getex,
     .group = "string",
     .syntax = "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|"
               "PXAT unix-time-milliseconds|PERSIST]",
     .summary = "Returns the string value of a key and changes when the key ends.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "GETSET",
     .arity = 3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update)),
     .handler = getset,
     .group = "string",
     .syntax = "key value",
     .summary = "Sets a key's string value and returns the old one.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .deprecated_since = "6.2.0",
     .replaced_by = "`SET` with the `GET` argument"},
    {.name = "PSETEX",
     .arity = 4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update)),
     .handler = psetex,
     .group = "string",
     .syntax = "key milliseconds value",
     .summary = "Sets a key's string value and how many milliseconds it stays.",
     .complexity = "O(1)",
     .since = "2.6.0",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `PX` argument"},
    {.name = "SET",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::string | Category::write,
     .keys = keys(
         range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update | KeyFlag::variable_flags)),
     .handler = set,
     .group = "string",
     .syntax = "key value [NX|XX|IFEQ comparison-value] [GET] [EX seconds|PX milliseconds|"
               "EXAT unix-time-seconds|PXAT unix-time-milliseconds|KEEPTTL]",
     .summary = "Sets a key's string value, whatever the key held before.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .history =
         "2.6.12: Added the `EX`, `PX`, `NX` and `XX` options. // 6.0.0: Added the `KEEPTTL` "
         "option. // 6.2.0: Added the `GET`, `EXAT` and `PXAT` option. // 7.0.0: Allowed the "
         "`NX` and `GET` options to be used together. // 8.1.0: Added the `IFEQ` option."},
    {.name = "SETEX",
     .arity = 4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update)),
     .handler = setex,
     .group = "string",
     .syntax = "key seconds value",
     .summary = "Sets a key's string value and how many seconds it stays.",
     .complexity = "O(1)",
     .since = "2.0.0",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `EX` argument"},
    {.name = "SETNX",
     .arity = 3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::insert)),
     .handler = setnx,
     .group = "string",
     .syntax = "key value",
     .summary = "Sets a key's string value if there is no such key.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `NX` argument"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> string_commands() {
  return specs;
}

}  // namespace duplex::commands
