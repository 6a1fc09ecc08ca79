// Removing ranges and ends of sorted sets: ZREMRANGEBY…, ZPOPMIN, ZPOPMAX, ZMPOP.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/sorted_set_pops.h"
#include "commands/sorted_set_values.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

using store::RankRange;
using store::SortedSet;
using store::SortedSetView;
using store::Table;

constexpr auto sorted_set_type = store::ValueType::sorted_set;

// Removes what `find(set)` says; answers how many members that were.
template <typename Find>
void remove_found(CommandContext& ctx, std::string_view event, const Find& find) {
  Table::Position at;
  if (!ctx.find_type(ctx.key(), sorted_set_type, at)) return;
  const RankRange range = at ? find(SortedSetView(*at.entry())) : RankRange{};
  if (range.count > 0) remove_range(ctx, ctx.key(), at, range, event);
  ctx.reply().integer(static_cast<std::int64_t>(range.count));
}

void zremrangebyrank(CommandContext& ctx) {
  const auto start = ctx.integer_arg(2);
  if (!start) return;
  const auto stop = ctx.integer_arg(3);
  if (!stop) return;
  remove_found(ctx, "zremrangebyrank", [&](const SortedSetView& set) {
    return rank_range(*start, *stop, set.size());
  });
}

void zremrangebyscore(CommandContext& ctx) {
  const auto range = score_range(ctx, ctx.arg(2), ctx.arg(3));
  if (!range) return;
  remove_found(ctx, "zremrangebyscore", [&](const SortedSetView& set) { return set.find(*range); });
}

void zremrangebylex(CommandContext& ctx) {
  const auto range = text_range(ctx, ctx.arg(2), ctx.arg(3));
  if (!range) return;
  remove_found(ctx, "zremrangebylex", [&](const SortedSetView& set) { return set.find(*range); });
}

void pop(CommandContext& ctx, SetEnd end) {
  if (ctx.argc() > 3) return ctx.error(errors::syntax);
  std::size_t count = 1;
  if (ctx.argc() == 3) {
    const auto wanted = count_arg(ctx, 2, 0, errors::unterminated_number);
    if (!wanted) return;
    count = static_cast<std::size_t>(*wanted);
  }
  Table::Position at;
  if (!ctx.find_type(ctx.key(), sorted_set_type, at)) return;
  if (!at || count == 0) return ctx.reply().array(0);
  const SortedSetView set(*at.entry());
  const RankRange range = range_at_end(set, end, count);
  if (ctx.argc() == 2) {
    ctx.reply().array(2);
    reply_flat(ctx, set, range, end);
  } else {
    reply_members(ctx, set, range, end == SetEnd::max, WithScores::yes);
  }
  remove_range(ctx, ctx.key(), at, range, event_name(end));
}

void zpopmin(CommandContext& ctx) {
  pop(ctx, SetEnd::min);
}

void zpopmax(CommandContext& ctx) {
  pop(ctx, SetEnd::max);
}

void zmpop(CommandContext& ctx) {
  const auto options = parse_pop(ctx, 1);
  if (!options) return;
  if (pop_first(ctx, options->end, options->count) == Popped::nothing) ctx.reply().null_array();
}

constexpr CommandSpec specs[] = {
    {.name = "ZMPOP",
     .arity = -4,
     .flags = Flag::write,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(key_number(1, 0, 1, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = zmpop,
     .group = "sorted_set",
     .syntax = "numkeys key [key ...] <MIN|MAX> [COUNT count]",
     .summary = "Removes members from one end of the first sorted set that is not empty and "
                "returns them.",
     .complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the "
                   "number of elements in the sorted set, and M being the number of elements "
                   "popped",
     .since = "7.0.0"},
    {.name = "ZPOPMAX",
     .arity = -2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = zpopmax,
     .group = "sorted_set",
     .syntax = "key [count]",
     .summary = "Removes the members with the highest scores of a sorted set and returns them.",
     .complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M "
                   "being the number of elements popped",
     .since = "5.0.0"},
    {.name = "ZPOPMIN",
     .arity = -2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = zpopmin,
     .group = "sorted_set",
     .syntax = "key [count]",
     .summary = "Removes the members with the lowest scores of a sorted set and returns them.",
     .complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M "
                   "being the number of elements popped",
     .since = "5.0.0"},
    {.name = "ZREMRANGEBYLEX",
     .arity = 4,
     .flags = Flag::write,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = zremrangebylex,
     .group = "sorted_set",
     .syntax = "key min max",
     .summary = "Removes the members of a sorted set within a range of texts.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements removed by the operation",
     .since = "2.8.9"},
    {.name = "ZREMRANGEBYRANK",
     .arity = 4,
     .flags = Flag::write,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = zremrangebyrank,
     .group = "sorted_set",
     .syntax = "key start stop",
     .summary = "Removes the members of a sorted set within a range of ranks.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements removed by the operation",
     .since = "2.0.0"},
    {.name = "ZREMRANGEBYSCORE",
     .arity = 4,
     .flags = Flag::write,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = zremrangebyscore,
     .group = "sorted_set",
     .syntax = "key min max",
     .summary = "Removes the members of a sorted set within a range of scores.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements removed by the operation",
     .since = "1.2.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> sorted_set_removal_commands() {
  return specs;
}

}  // namespace duplex::commands
