// Taking members from an end of a sorted set, as ZMPOP and the blocking commands do.
#include "commands/sorted_set_pops.h"

#include "base/numbers.h"
#include "base/text.h"
#include "commands/errors.h"
#include "commands/sorted_set_values.h"

#include <algorithm>
#include <string>

namespace duplex::commands {

namespace {

using store::HashedKey;
using store::RankRange;
using store::SortedSetView;
using store::Table;

// Calls take(key, position) for the first key that has a sorted set.
template <typename Take>
Popped take_first(CommandContext& ctx, const Take& take) {
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    Table::Position at;
    if (!ctx.find_type(ctx.key(i), store::ValueType::sorted_set, at)) return Popped::failed;
    if (!at) continue;
    take(ctx.key(i), at);
    return Popped::something;
  }
  return Popped::nothing;
}

void remove(CommandContext& ctx,
            const HashedKey& key,
            Table::Position at,
            const RankRange& range,
            SetEnd end) {
  remove_range(ctx, key, at, range, event_name(end));
  char count[base::int64_digits_max];
  const std::size_t digits = base::write_int64(static_cast<std::int64_t>(range.count), count);
  ctx.effect(
      {end == SetEnd::min ? "ZPOPMIN" : "ZPOPMAX", key.key, ctx.keep(std::string(count, digits))});
}

}  // namespace

RankRange range_at_end(const SortedSetView& set, SetEnd end, std::size_t count) {
  const std::size_t size = set.size();
  count = std::min(count, size);
  return {end == SetEnd::min ? 0 : size - count, count};
}

void reply_flat(CommandContext& ctx, const SortedSetView& set, const RankRange& range, SetEnd end) {
  set.visit(range, end == SetEnd::max, [&](std::string_view text, double score) {
    ctx.reply().bulk(text);
    ctx.reply().real(score);
  });
}

std::optional<PopOptions> parse_pop(CommandContext& ctx, std::size_t first) {
  const auto keys = count_arg(ctx, first, 1, "ERR numkeys should be greater than 0");
  if (!keys) return std::nullopt;
  const auto fail = [&] {
    ctx.error(errors::syntax);
    return std::nullopt;
  };
  if (static_cast<std::uint64_t>(*keys) >= ctx.argc() - first - 1) return fail();
  std::size_t at = first + 1 + static_cast<std::size_t>(*keys);
  PopOptions options;
  if (base::equals_ignoring_case(ctx.arg(at), "MAX"))
    options.end = SetEnd::max;
  else if (!base::equals_ignoring_case(ctx.arg(at), "MIN"))
    return fail();
  if (++at == ctx.argc()) return options;
  if (at + 1 == ctx.argc() || !base::equals_ignoring_case(ctx.arg(at), "COUNT")) return fail();
  const auto count = count_arg(ctx, at + 1, 1, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  if (at + 2 != ctx.argc()) return fail();
  options.count = static_cast<std::size_t>(*count);
  return options;
}

Popped pop_first(CommandContext& ctx, SetEnd end, std::size_t count) {
  return take_first(ctx, [&](const HashedKey& key, Table::Position at) {
    const SortedSetView set(*at.entry());
    const RankRange range = range_at_end(set, end, count);
    ctx.reply().array(2);
    ctx.reply().bulk(key.key);
    ctx.reply().array(range.count);
    set.visit(range, end == SetEnd::max, [&](std::string_view text, double score) {
      ctx.reply().array(2);
      ctx.reply().bulk(text);
      ctx.reply().real(score);
    });
    remove(ctx, key, at, range, end);
  });
}

Popped pop_one(CommandContext& ctx, SetEnd end) {
  return take_first(ctx, [&](const HashedKey& key, Table::Position at) {
    const SortedSetView set(*at.entry());
    const RankRange range = range_at_end(set, end, 1);
    ctx.reply().array(3);
    ctx.reply().bulk(key.key);
    reply_flat(ctx, set, range, end);
    remove(ctx, key, at, range, end);
  });
}

}  // namespace duplex::commands
