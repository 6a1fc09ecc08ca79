// Ranges of sorted sets: ZRANGE in all its forms, ZRANGESTORE, and how many members a range has.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/sorted_set_values.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace duplex::commands {

namespace {

using store::Entry;
using store::RankRange;
using store::SortedSet;
using store::SortedSetView;

constexpr auto sorted_set_type = store::ValueType::sorted_set;

enum class By : std::uint8_t { chosen, rank, score, text };

// What one of the commands takes: a way of its own, or options that choose.
struct Form {
  By by = By::chosen;
  std::optional<bool> reverse{};  // nothing: the option REV says it
  bool stores = false;
};

struct RangeOptions {
  By by = By::rank;
  bool reverse = false;
  WithScores with_scores = WithScores::no;
  std::int64_t offset = 0;
  std::int64_t limit = -1;
};

// Answers the error itself.
std::optional<RangeOptions> parse(CommandContext& ctx, const Form& form, std::size_t first) {
  RangeOptions options{.by = form.by == By::chosen ? By::rank : form.by,
                       .reverse = form.reverse.value_or(false)};
  // Once an option has chosen, the others are no options any more.
  bool by_chosen = form.by != By::chosen;
  bool reverse_chosen = form.reverse.has_value();
  for (std::size_t i = first; i < ctx.argc(); ++i) {
    const std::string_view word = ctx.arg(i);
    if (!form.stores && base::equals_ignoring_case(word, "WITHSCORES")) {
      options.with_scores = WithScores::yes;
    } else if (base::equals_ignoring_case(word, "LIMIT") && i + 2 < ctx.argc()) {
      const auto offset = ctx.integer_arg(i + 1);
      if (!offset) return std::nullopt;
      const auto limit = ctx.integer_arg(i + 2);
      if (!limit) return std::nullopt;
      options.offset = *offset;
      options.limit = *limit;
      i += 2;
    } else if (!reverse_chosen && base::equals_ignoring_case(word, "REV")) {
      options.reverse = reverse_chosen = true;
    } else if (!by_chosen && base::equals_ignoring_case(word, "BYLEX")) {
      options.by = By::text;
      by_chosen = true;
    } else if (!by_chosen && base::equals_ignoring_case(word, "BYSCORE")) {
      options.by = By::score;
      by_chosen = true;
    } else {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
  }
  if (options.limit != -1 && options.by == By::rank) {
    ctx.error(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    return std::nullopt;
  }
  if (options.with_scores == WithScores::yes && options.by == By::text) {
    ctx.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return std::nullopt;
  }
  return options;
}

// A range as it was asked for, whatever it is a range of.
struct Wanted {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  store::ScoreRange scores;
  store::TextRange texts;
};

// Reads the ends of the range. Answers the error itself.
std::optional<Wanted> parse_ends(CommandContext& ctx,
                                 const RangeOptions& options,
                                 std::size_t first) {
  Wanted wanted;
  if (options.by == By::rank) {
    const auto start = ctx.integer_arg(first);
    if (!start) return std::nullopt;
    const auto stop = ctx.integer_arg(first + 1);
    if (!stop) return std::nullopt;
    wanted.start = *start;
    wanted.stop = *stop;
    return wanted;
  }
  std::string_view min = ctx.arg(first);
  std::string_view max = ctx.arg(first + 1);
  if (options.reverse) std::swap(min, max);
  if (options.by == By::score) {
    const auto scores = score_range(ctx, min, max);
    if (!scores) return std::nullopt;
    wanted.scores = *scores;
  } else {
    const auto texts = text_range(ctx, min, max);
    if (!texts) return std::nullopt;
    wanted.texts = *texts;
  }
  return wanted;
}

// What LIMIT leaves of a range, seen from its beginning, or from its end.
RankRange limited(const RankRange& range, const RangeOptions& options) {
  if (options.offset < 0 || static_cast<std::uint64_t>(options.offset) >= range.count) return {};
  const auto offset = static_cast<std::size_t>(options.offset);
  std::size_t count = range.count - offset;
  if (options.limit >= 0) count = std::min(count, static_cast<std::size_t>(options.limit));
  const std::size_t first =
      options.reverse ? range.first + range.count - offset - count : range.first + offset;
  return {first, count};
}

RankRange find(const SortedSetView& set, const RangeOptions& options, const Wanted& wanted) {
  switch (options.by) {
    case By::score:
      return limited(set.find(wanted.scores), options);
    case By::text:
      return limited(set.find(wanted.texts), options);
    default:
      break;
  }
  const RankRange range = rank_range(wanted.start, wanted.stop, set.size());
  return options.reverse && range.count > 0 ? range.reversed(set.size()) : range;
}

void answer_range(CommandContext& ctx, const Form& form) {
  const auto options = parse(ctx, form, 4);
  if (!options) return;
  const auto wanted = parse_ends(ctx, *options, 2);
  if (!wanted) return;
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  if (entry == nullptr) return ctx.reply().array(0);
  const SortedSetView set(*entry);
  reply_members(ctx, set, find(set, *options, *wanted), options->reverse, options->with_scores);
}

void zrange(CommandContext& ctx) {
  answer_range(ctx, {});
}

void zrevrange(CommandContext& ctx) {
  answer_range(ctx, {.by = By::rank, .reverse = true});
}

void zrangebyscore(CommandContext& ctx) {
  answer_range(ctx, {.by = By::score, .reverse = false});
}

void zrevrangebyscore(CommandContext& ctx) {
  answer_range(ctx, {.by = By::score, .reverse = true});
}

void zrangebylex(CommandContext& ctx) {
  answer_range(ctx, {.by = By::text, .reverse = false});
}

void zrevrangebylex(CommandContext& ctx) {
  answer_range(ctx, {.by = By::text, .reverse = true});
}

void zrangestore(CommandContext& ctx) {
  const auto options = parse(ctx, {.stores = true}, 5);
  if (!options) return;
  const auto wanted = parse_ends(ctx, *options, 3);
  if (!wanted) return;
  const store::HashedKey& to = ctx.key(0);
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(1), sorted_set_type, entry)) return;
  store::EntryPtr result;
  if (entry != nullptr) {
    const SortedSetView set(*entry);
    const RankRange range = find(set, *options, *wanted);
    if (range.count > 0) {
      result = SortedSet::make(to.key, store::no_expiry);
      SortedSet copy(*result);
      set.visit(range, options->reverse, [&](std::string_view text, double score) {
        copy.put(text, score);
      });
    }
  }
  store_result(ctx, to, std::move(result), "zrangestore");
}

void reply_count(CommandContext& ctx, const auto& range) {
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  const std::size_t count = entry == nullptr ? 0 : SortedSetView(*entry).find(range).count;
  ctx.reply().integer(static_cast<std::int64_t>(count));
}

void zcount(CommandContext& ctx) {
  const auto range = score_range(ctx, ctx.arg(2), ctx.arg(3));
  if (range) reply_count(ctx, *range);
}

void zlexcount(CommandContext& ctx) {
  const auto range = text_range(ctx, ctx.arg(2), ctx.arg(3));
  if (range) reply_count(ctx, *range);
}

constexpr CommandSpec specs[] = {
    {.name = "ZCOUNT",
     .arity = 4,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zcount,
     .group = "sorted_set",
     .syntax = "key min max",
     .summary = "Returns how many members of a sorted set have a score within a range.",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .since = "2.0.0"},
    {.name = "ZLEXCOUNT",
     .arity = 4,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zlexcount,
     .group = "sorted_set",
     .syntax = "key min max",
     .summary = "Returns how many members of a sorted set are within a range of texts.",
     .complexity = "O(log(N)) with N being the number of elements in the sorted set.",
     .since = "2.8.9"},
    {.name = "ZRANGE",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrange,
     .group = "sorted_set",
     .syntax = "key start stop [BYSCORE|BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
     .summary = "Returns the members of a sorted set within a range of ranks, scores or texts.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements returned",
     .since = "1.2.0",
     .history = "6.2.0: Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."},
    {.name = "ZRANGEBYLEX",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrangebylex,
     .group = "sorted_set",
     .syntax = "key min max [LIMIT offset count]",
     .summary = "Returns the members of a sorted set within a range of texts.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned",
     .since = "2.8.9",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `BYLEX` argument"},
    {.name = "ZRANGEBYSCORE",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrangebyscore,
     .group = "sorted_set",
     .syntax = "key min max [WITHSCORES] [LIMIT offset count]",
     .summary = "Returns the members of a sorted set within a range of scores.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned",
     .since = "1.0.5",
     .history = "2.0.0: Added the `WITHSCORES` modifier.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `BYSCORE` argument"},
    {.name = "ZRANGESTORE",
     .arity = -5,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update),
                  range(2, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrangestore,
     .group = "sorted_set",
     .syntax = "dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]",
     .summary = "Stores the members of a sorted set within a range as another sorted set.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements stored into the destination key",
     .since = "6.2.0"},
    {.name = "ZREVRANGE",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrevrange,
     .group = "sorted_set",
     .syntax = "key start stop [WITHSCORES]",
     .summary = "Returns the members of a sorted set within a range of ranks, the highest first.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements returned",
     .since = "1.2.0",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` argument"},
    {.name = "ZREVRANGEBYLEX",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrevrangebylex,
     .group = "sorted_set",
     .syntax = "key max min [LIMIT offset count]",
     .summary = "Returns the members of a sorted set within a range of texts, the highest first.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned",
     .since = "2.8.9",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments"},
    {.name = "ZREVRANGEBYSCORE",
     .arity = -4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrevrangebyscore,
     .group = "sorted_set",
     .syntax = "key max min [WITHSCORES] [LIMIT offset count]",
     .summary = "Returns the members of a sorted set within a range of scores, the highest first.",
     .complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the "
                   "number of elements being returned",
     .since = "2.2.0",
     .history = "2.1.6: `min` and `max` can be exclusive.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> sorted_set_range_commands() {
  return specs;
}

}  // namespace duplex::commands
