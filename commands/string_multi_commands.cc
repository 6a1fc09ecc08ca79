// Several strings at once: MGET, MSET and MSETNX.
#include "base/numbers.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/string_values.h"

#include <fmt/format.h>

namespace duplex::commands {

namespace {

void mget(CommandContext& ctx) {
  ctx.reply().array(ctx.key_count());
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const store::Entry* entry = ctx.read(ctx.key(i));
    char scratch[base::int64_digits_max];
    if (entry != nullptr && entry->type() == store::ValueType::string)
      ctx.reply().bulk(entry->text(scratch));
    else
      ctx.reply().null();
  }
}

// Whether every key has a value behind it; answers the error itself.
bool check_pairs(CommandContext& ctx) {
  if (ctx.argc() % 2 == 1) return true;
  ctx.error(fmt::format("ERR wrong number of arguments for '{}' command", ctx.command().full_name));
  return false;
}

void set_pairs(CommandContext& ctx) {
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const store::HashedKey& key = ctx.key(i);
    put_string(ctx, key, ctx.find(key), ctx.arg(2 + 2 * i), store::no_expiry);
    ctx.changed(key, Event::string, "set");
    ctx.count_changes(1);
  }
}

void mset(CommandContext& ctx) {
  if (!check_pairs(ctx)) return;
  set_pairs(ctx);
  ctx.reply().ok();
}

void msetnx(CommandContext& ctx) {
  if (!check_pairs(ctx)) return;
  for (std::size_t i = 0; i < ctx.key_count(); ++i)
    if (ctx.find(ctx.key(i))) return ctx.reply().integer(0);
  set_pairs(ctx);
  ctx.reply().integer(1);
}

constexpr CommandSpec specs[] = {
    {.name = "MGET",
     .arity = -2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::string,
     .keys = keys(range(1, -1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = mget,
     .group = "string",
     .syntax = "key [key ...]",
     .summary = "Returns the string values of several keys as they are at one moment.",
     .complexity = "O(N) where N is the number of keys to retrieve.",
     .since = "1.0.0",
     .tips = "REQUEST_POLICY:MULTI_SHARD"},
    {.name = "MSET",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::string | Category::write,
     .keys = keys(range(1, -1, 2, KeyFlag::ow | KeyFlag::update)),
     .handler = mset,
     .group = "string",
     .syntax = "key value [key value ...]",
     .summary = "Sets the string values of several keys in one step.",
     .complexity = "O(N) where N is the number of keys to set.",
     .since = "1.0.1",
     .tips = "REQUEST_POLICY:MULTI_SHARD,RESPONSE_POLICY:ALL_SUCCEEDED"},
    {.name = "MSETNX",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::string | Category::write,
     .keys = keys(range(1, -1, 2, KeyFlag::ow | KeyFlag::insert)),
     .handler = msetnx,
     .group = "string",
     .syntax = "key value [key value ...]",
     .summary = "Sets the string values of several keys if none of the keys is there.",
     .complexity = "O(N) where N is the number of keys to set.",
     .since = "1.0.1"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> string_multi_commands() {
  return specs;
}

}  // namespace duplex::commands
