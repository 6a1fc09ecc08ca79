// Ranges of streams: XRANGE, XREVRANGE.
#include "base/text.h"
#include "commands/families.h"
#include "commands/stream_values.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace duplex::commands {

namespace {

// What XRANGE does in either direction; `first` and `last` are where the ends of the range stand.
void reply_range(CommandContext& ctx, std::size_t first, std::size_t last, bool reverse) {
  const auto from = range_end_arg(ctx, ctx.arg(first), RangeEnd::first);
  if (!from) return;
  const auto to = range_end_arg(ctx, ctx.arg(last), RangeEnd::last);
  if (!to) return;
  std::int64_t count = -1;  // no limit
  for (std::size_t i = 4; i < ctx.argc(); i += 2) {
    if (i + 1 == ctx.argc() || !base::equals_ignoring_case(ctx.arg(i), "COUNT"))
      return ctx.error(errors::syntax);
    const auto limit = ctx.integer_arg(i + 1);
    if (!limit) return;
    count = *limit < 0 ? 0 : *limit;
  }
  store::Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), store::ValueType::stream, entry)) return;
  if (entry == nullptr) return ctx.reply().array(0);
  if (count == 0) return ctx.reply().null_array();
  const std::size_t place = ctx.reply().begin_deferred();
  std::int64_t found = 0;
  store::StreamView(*entry)->visit({*from, *to}, reverse, [&](const store::StreamEntry& item) {
    reply_stream_entry(ctx.reply(), item);
    return ++found != count;
  });
  ctx.reply().end_deferred_array(place, static_cast<std::size_t>(found));
}

void xrange(CommandContext& ctx) {
  reply_range(ctx, 2, 3, false);
}

void xrevrange(CommandContext& ctx) {
  reply_range(ctx, 3, 2, true);
}

constexpr CommandSpec specs[] = {
    {.name = "XRANGE",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::stream,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = xrange,
     .group = "stream",
     .syntax = "key start end [COUNT count]",
     .summary = "Returns the entries of a stream within a range of ids.",
     .complexity = "O(N) with N being the number of elements being returned",
     .since = "5.0.0",
     .history = "6.2.0: Added exclusive ranges."},
    {.name = "XREVRANGE",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::stream,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = xrevrange,
     .group = "stream",
     .syntax = "key end start [COUNT count]",
     .summary = "Returns the entries of a stream within a range of ids, the last one first.",
     .complexity = "O(N) with N being the number of elements returned",
     .since = "5.0.0",
     .history = "6.2.0: Added exclusive ranges."},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> stream_range_commands() {
  return specs;
}

}  // namespace duplex::commands
