// Lists with patience: pops and moves that wait for an element if there is none.
#include "commands/blocking.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/list_values.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace duplex::commands {

namespace {

using store::ListEnd;

// Answers key and element of the first list that has any.
Taken pop_one_from_first(CommandContext& ctx, ListEnd end) {
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const store::HashedKey& key = ctx.key(i);
    store::Table::Position at;
    if (!ctx.find_type(key, store::ValueType::list, at)) return Taken::refused;
    if (!at) continue;
    ctx.reply().array(2);
    ctx.reply().bulk(key.key);
    pop_item(ctx, key, at, end);
    ctx.effect({end == ListEnd::front ? "LPOP" : "RPOP", key.key});
    return Taken::done;
  }
  return Taken::nothing;
}

// Waits for one of the first `keys` keys to have an element, if something may wait here.
void wait(CommandContext& ctx, std::size_t keys, std::int64_t deadline_ms, bool null_is_array) {
  using Nothing = BlockRequest::Nothing;
  if (ctx.may_block())
    return ctx.block({.deadline_ms = deadline_ms,
                      .first_key = 0,
                      .key_count = keys,
                      .type = store::ValueType::list,
                      .wakes_on_loss = false,
                      .on_timeout = Nothing::null_array});
  if (null_is_array)
    ctx.reply().null_array();
  else
    ctx.reply().null();
}

void pop_or_wait(CommandContext& ctx, ListEnd end) {
  const auto deadline_ms = ctx.timeout_arg(ctx.argc() - 1);
  if (deadline_ms && pop_one_from_first(ctx, end) == Taken::nothing)
    wait(ctx, ctx.key_count(), *deadline_ms, true);
}

void blpop(CommandContext& ctx) {
  pop_or_wait(ctx, ListEnd::front);
}
void brpop(CommandContext& ctx) {
  pop_or_wait(ctx, ListEnd::back);
}

void blmpop(CommandContext& ctx) {
  const auto deadline_ms = ctx.timeout_arg(1);
  if (!deadline_ms) return;
  const auto args = multi_pop_args(ctx, 2);
  if (args && pop_from_first(ctx, *args) == Taken::nothing)
    wait(ctx, ctx.key_count(), *deadline_ms, true);
}

void blmove(CommandContext& ctx) {
  const auto from = list_end_arg(ctx, ctx.arg(3));
  if (!from) return;
  const auto to = list_end_arg(ctx, ctx.arg(4));
  if (!to) return;
  const auto deadline_ms = ctx.timeout_arg(5);
  if (!deadline_ms) return;
  const Taken taken = move_item(ctx, *from, *to);
  if (taken == Taken::nothing) return wait(ctx, 1, *deadline_ms, false);
  if (taken == Taken::done) ctx.effect({"LMOVE", ctx.arg(1), ctx.arg(2), ctx.arg(3), ctx.arg(4)});
}

void brpoplpush(CommandContext& ctx) {
  const auto deadline_ms = ctx.timeout_arg(3);
  if (!deadline_ms) return;
  const Taken taken = move_item(ctx, ListEnd::back, ListEnd::front);
  if (taken == Taken::nothing) return wait(ctx, 1, *deadline_ms, false);
  if (taken == Taken::done) ctx.effect({"RPOPLPUSH", ctx.arg(1), ctx.arg(2)});
}

constexpr CommandSpec specs[] = {
    {.name = "BLMOVE",
     .arity = 6,
     .flags = Flag::write | Flag::denyoom | Flag::blocking,
     .categories = Category::blocking | Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
                  range(2, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = blmove,
     .group = "list",
     .syntax = "source destination <LEFT|RIGHT> <LEFT|RIGHT> timeout",
     .summary =
         "Moves an element from an end of one list to an end of another; waits for one if there "
         "is none.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "BLMPOP",
     .arity = -5,
     .flags = Flag::write | Flag::blocking,
     .categories = Category::blocking | Category::list | Category::slow | Category::write,
     .keys = keys(key_number(2, 0, 1, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = blmpop,
     .group = "list",
     .syntax = "timeout numkeys key [key ...] <LEFT|RIGHT> [COUNT count]",
     .summary =
         "Takes elements from an end of the first list that has any; waits for some if there are "
         "none.",
     .complexity =
         "O(N+M) where N is the number of provided keys and M is the number of elements returned",
     .since = "7.0.0"},
    {.name = "BLPOP",
     .arity = -3,
     .flags = Flag::write | Flag::blocking,
     .categories = Category::blocking | Category::list | Category::slow | Category::write,
     .keys = keys(range(1, -2, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = blpop,
     .group = "list",
     .syntax = "key [key ...] timeout",
     .summary = "Takes the first element of the first list that has any; waits for one if there is "
                "none.",
     .complexity = "O(N) where N is the number of provided keys.",
     .since = "2.0.0",
     .history = "6.0.0: `timeout` is interpreted as a double instead of an integer."},
    {.name = "BRPOP",
     .arity = -3,
     .flags = Flag::write | Flag::blocking,
     .categories = Category::blocking | Category::list | Category::slow | Category::write,
     .keys = keys(range(1, -2, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = brpop,
     .group = "list",
     .syntax = "key [key ...] timeout",
     .summary =
         "Takes the last element of the first list that has any; waits for one if there is none.",
     .complexity = "O(N) where N is the number of provided keys.",
     .since = "2.0.0",
     .history = "6.0.0: `timeout` is interpreted as a double instead of an integer."},
    {.name = "BRPOPLPUSH",
     .arity = 4,
     .flags = Flag::write | Flag::denyoom | Flag::blocking,
     .categories = Category::blocking | Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
                  range(2, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = brpoplpush,
     .group = "list",
     .syntax = "source destination timeout",
     .summary =
         "Moves the last element of a list to the front of another; waits for one if there is "
         "none.",
     .complexity = "O(1)",
     .since = "2.2.0",
     .history = "6.0.0: `timeout` is interpreted as a double instead of an integer.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> blocking_list_commands() {
  return specs;
}

}  // namespace duplex::commands
