// ZUNION, ZINTER and ZDIFF, and the forms that store or count.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/sorted_set_combination.h"
#include "commands/sorted_set_values.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

enum class Result : std::uint8_t { answered, stored, counted };

// What one of the commands is.
struct Form {
  Combination combination;
  Result result;

  // Where the number of keys stands.
  std::size_t number_index() const { return result == Result::stored ? 2 : 1; }
};

struct Request {
  std::vector<CombinedInput> inputs;
  Aggregate aggregate = Aggregate::sum;
  WithScores with_scores = WithScores::no;
  std::size_t limit = std::numeric_limits<std::size_t>::max();
};

// Finds the keys. Answers the error itself.
bool read_inputs(CommandContext& ctx, const Form& form, Request& request) {
  const auto number = ctx.integer_arg(form.number_index());
  if (!number) return false;
  if (*number < 1) {
    ctx.error(fmt::format("ERR at least 1 input key is needed for '{}' command",
                          ctx.command().full_name));
    return false;
  }
  if (static_cast<std::uint64_t>(*number) > ctx.argc() - form.number_index() - 1) {
    ctx.error(errors::syntax);
    return false;
  }
  const std::size_t first = form.result == Result::stored ? 1 : 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(*number); ++i) {
    store::Entry* entry = ctx.read(ctx.key(first + i));
    if (entry != nullptr && !is_combinable(*entry)) {
      ctx.error(errors::wrong_type);
      return false;
    }
    request.inputs.push_back({.entry = entry});
  }
  return true;
}

// Takes WEIGHTS at `at`, and leaves that on the last weight. Answers the error itself.
bool take_weights(CommandContext& ctx, std::size_t& at, Request& request) {
  for (CombinedInput& input : request.inputs) {
    const auto weight = base::parse_double(ctx.arg(++at));
    if (!weight) {
      ctx.error("ERR weight value is not a float");
      return false;
    }
    input.weight = *weight;
  }
  return true;
}

bool take_aggregate(CommandContext& ctx, std::string_view word, Request& request) {
  if (base::equals_ignoring_case(word, "SUM"))
    request.aggregate = Aggregate::sum;
  else if (base::equals_ignoring_case(word, "MIN"))
    request.aggregate = Aggregate::min;
  else if (base::equals_ignoring_case(word, "MAX"))
    request.aggregate = Aggregate::max;
  else
    return ctx.error(errors::syntax), false;
  return true;
}

// Answers the error itself.
bool parse_options(CommandContext& ctx, const Form& form, Request& request) {
  const bool aggregates =
      form.combination != Combination::difference && form.result != Result::counted;
  const std::size_t first = form.number_index() + 1 + request.inputs.size();
  for (std::size_t i = first; i < ctx.argc(); ++i) {
    const std::string_view word = ctx.arg(i);
    const std::size_t left = ctx.argc() - i;
    if (aggregates && left > request.inputs.size() && base::equals_ignoring_case(word, "WEIGHTS")) {
      if (!take_weights(ctx, i, request)) return false;
    } else if (aggregates && left >= 2 && base::equals_ignoring_case(word, "AGGREGATE")) {
      if (!take_aggregate(ctx, ctx.arg(++i), request)) return false;
    } else if (form.result == Result::answered && base::equals_ignoring_case(word, "WITHSCORES")) {
      request.with_scores = WithScores::yes;
    } else if (form.result == Result::counted && left >= 2 &&
               base::equals_ignoring_case(word, "LIMIT")) {
      const auto limit = count_arg(ctx, ++i, 0, "ERR LIMIT can't be negative");
      if (!limit) return false;
      if (*limit > 0) request.limit = static_cast<std::size_t>(*limit);
    } else {
      ctx.error(errors::syntax);
      return false;
    }
  }
  return true;
}

void run(CommandContext& ctx, const Form& form, std::string_view event = {}) {
  Request request;
  if (!read_inputs(ctx, form, request) || !parse_options(ctx, form, request)) return;
  if (form.result == Result::counted)
    return ctx.reply().integer(
        static_cast<std::int64_t>(count_intersection(request.inputs, request.limit)));
  store::GatheredScores scores = combine(form.combination, request.aggregate, request.inputs);
  if (form.result == Result::stored) {
    const store::HashedKey& to = ctx.key();
    return store_result(
        ctx, to, scores.size() == 0 ? nullptr : scores.make_sorted_set(to.key), event);
  }
  const store::EntryPtr result = scores.make_unpacked({});
  const store::SortedSetView set(*result);
  reply_members(ctx, set, {0, set.size()}, false, request.with_scores);
}

void zunion(CommandContext& ctx) {
  run(ctx, {Combination::union_of_all, Result::answered});
}

void zunionstore(CommandContext& ctx) {
  run(ctx, {Combination::union_of_all, Result::stored}, "zunionstore");
}

void zinter(CommandContext& ctx) {
  run(ctx, {Combination::intersection, Result::answered});
}

void zintercard(CommandContext& ctx) {
  run(ctx, {Combination::intersection, Result::counted});
}

void zinterstore(CommandContext& ctx) {
  run(ctx, {Combination::intersection, Result::stored}, "zinterstore");
}

void zdiff(CommandContext& ctx) {
  run(ctx, {Combination::difference, Result::answered});
}

void zdiffstore(CommandContext& ctx) {
  run(ctx, {Combination::difference, Result::stored}, "zdiffstore");
}

constexpr CommandSpec specs[] = {
    {.name = "ZDIFF",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(key_number(1, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zdiff,
     .group = "sorted_set",
     .syntax = "numkeys key [key ...] [WITHSCORES]",
     .summary = "Returns the members of the first sorted set that no other one has.",
     .complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all "
                   "the sets, N is the size of the first set, and K is the size of the result set",
     .since = "6.2.0"},
    {.name = "ZDIFFSTORE",
     .arity = -4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update),
                  key_number(2, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zdiffstore,
     .group = "sorted_set",
     .syntax = "destination numkeys key [key ...]",
     .summary = "Stores the members of the first sorted set that no other one has.",
     .complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all "
                   "the sets, N is the size of the first set, and K is the size of the result set",
     .since = "6.2.0"},
    {.name = "ZINTER",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(key_number(1, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zinter,
     .group = "sorted_set",
     .syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] "
               "[WITHSCORES]",
     .summary = "Returns the members that all of the sorted sets have.",
     .complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K "
                   "being the number of input sorted sets and M being the number of elements in "
                   "the resulting sorted set",
     .since = "6.2.0"},
    {.name = "ZINTERCARD",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(key_number(1, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zintercard,
     .group = "sorted_set",
     .syntax = "numkeys key [key ...] [LIMIT limit]",
     .summary = "Returns how many members all of the sorted sets have.",
     .complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the "
                   "number of input sorted sets",
     .since = "7.0.0"},
    {.name = "ZINTERSTORE",
     .arity = -4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update),
                  key_number(2, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zinterstore,
     .group = "sorted_set",
     .syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE "
               "SUM|MIN|MAX]",
     .summary = "Stores the members that all of the sorted sets have.",
     .complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K "
                   "being the number of input sorted sets and M being the number of elements in "
                   "the resulting sorted set",
     .since = "2.0.0"},
    {.name = "ZUNION",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::sortedset,
     .keys = keys(key_number(1, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zunion,
     .group = "sorted_set",
     .syntax = "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM|MIN|MAX] "
               "[WITHSCORES]",
     .summary = "Returns the members that any of the sorted sets has.",
     .complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, "
                   "and M being the number of elements in the resulting sorted set",
     .since = "6.2.0"},
    {.name = "ZUNIONSTORE",
     .arity = -4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update),
                  key_number(2, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zunionstore,
     .group = "sorted_set",
     .syntax = "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE "
               "SUM|MIN|MAX]",
     .summary = "Stores the members that any of the sorted sets has.",
     .complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, "
                   "and M being the number of elements in the resulting sorted set",
     .since = "2.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> sorted_set_combination_commands() {
  return specs;
}

}  // namespace duplex::commands
