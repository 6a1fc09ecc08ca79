// Waiting for members of sorted sets: BZPOPMIN, BZPOPMAX, BZMPOP.
#include "commands/blocking.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/sorted_set_pops.h"

#include <cstdint>

namespace duplex::commands {

namespace {

// Waits for one of the command's keys, or answers that there is nothing if it may not wait.
void wait(CommandContext& ctx, std::int64_t deadline_ms) {
  if (!ctx.may_block()) return ctx.reply().null_array();
  ctx.block({.deadline_ms = deadline_ms,
             .first_key = 0,
             .key_count = ctx.key_count(),
             .type = store::ValueType::sorted_set,
             .wakes_on_loss = false,
             .on_timeout = BlockRequest::Nothing::null_array});
}

void pop_or_wait(CommandContext& ctx, SetEnd end) {
  const auto deadline_ms = ctx.timeout_arg(ctx.argc() - 1);
  if (!deadline_ms) return;
  if (pop_one(ctx, end) == Popped::nothing) wait(ctx, *deadline_ms);
}

void bzpopmin(CommandContext& ctx) {
  pop_or_wait(ctx, SetEnd::min);
}

void bzpopmax(CommandContext& ctx) {
  pop_or_wait(ctx, SetEnd::max);
}

void bzmpop(CommandContext& ctx) {
  const auto options = parse_pop(ctx, 2);
  if (!options) return;
  const auto deadline_ms = ctx.timeout_arg(1);
  if (!deadline_ms) return;
  if (pop_first(ctx, options->end, options->count) == Popped::nothing) wait(ctx, *deadline_ms);
}

constexpr CommandSpec specs[] = {
    {.name = "BZMPOP",
     .arity = -5,
     .flags = Flag::write | Flag::blocking,
     .categories = Category::blocking | Category::slow | Category::sortedset | Category::write,
     .keys = keys(key_number(2, 0, 1, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = bzmpop,
     .group = "sorted_set",
     .syntax = "timeout numkeys key [key ...] <MIN|MAX> [COUNT count]",
     .summary = "Does what ZMPOP does, and waits for a member if there is none.",
     .complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the "
                   "number of elements in the sorted set, and M being the number of elements "
                   "popped",
     .since = "7.0.0"},
    {.name = "BZPOPMAX",
     .arity = -3,
     .flags = Flag::write | Flag::fast | Flag::blocking,
     .categories = Category::blocking | Category::fast | Category::sortedset | Category::write,
     .keys = keys(range(1, -2, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = bzpopmax,
     .group = "sorted_set",
     .syntax = "key [key ...] timeout",
     .summary = "Pops the highest member of the first sorted set that has any, and waits if none "
                "has.",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .since = "5.0.0",
     .history = "6.0.0: `timeout` is interpreted as a double instead of an integer."},
    {.name = "BZPOPMIN",
     .arity = -3,
     .flags = Flag::write | Flag::fast | Flag::blocking,
     .categories = Category::blocking | Category::fast | Category::sortedset | Category::write,
     .keys = keys(range(1, -2, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = bzpopmin,
     .group = "sorted_set",
     .syntax = "key [key ...] timeout",
     .summary = "Pops the lowest member of the first sorted set that has any, and waits if none "
                "has.",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .since = "5.0.0",
     .history = "6.0.0: `timeout` is interpreted as a double instead of an integer."},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> blocking_sorted_set_commands() {
  return specs;
}

}  // namespace duplex::commands
