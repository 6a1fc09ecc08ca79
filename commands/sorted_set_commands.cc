// Sorted sets by their members: ZADD, ZSCORE, ZREM and their relatives.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/sorted_set_values.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashedKey;
using store::SortedSet;
using store::SortedSetView;
using store::Table;

constexpr auto sorted_set_type = store::ValueType::sorted_set;

struct AddOptions {
  bool only_new = false;
  bool only_present = false;
  bool only_greater = false;
  bool only_less = false;
  bool count_changed = false;
  bool increment = false;
  std::size_t first = 2;  // where the scores and members start

  bool allow(const SortedSet::Place& place, double score) const {
    if (!place.is_there) return !only_present;
    if (only_new) return false;
    return !(only_greater && score <= place.score) && !(only_less && score >= place.score);
  }
};

AddOptions parse(Args args) {
  AddOptions options;
  for (; options.first < args.size(); ++options.first) {
    const std::string_view word = args[options.first];
    if (base::equals_ignoring_case(word, "NX"))
      options.only_new = true;
    else if (base::equals_ignoring_case(word, "XX"))
      options.only_present = true;
    else if (base::equals_ignoring_case(word, "GT"))
      options.only_greater = true;
    else if (base::equals_ignoring_case(word, "LT"))
      options.only_less = true;
    else if (base::equals_ignoring_case(word, "CH"))
      options.count_changed = true;
    else if (base::equals_ignoring_case(word, "INCR"))
      options.increment = true;
    else
      break;
  }
  return options;
}

// The error that the options deserve; empty if none.
std::string_view contradiction(const AddOptions& options, std::size_t argc) {
  const std::size_t rest = argc - options.first;
  if (rest == 0 || rest % 2 != 0) return errors::syntax;
  if (options.only_new && options.only_present)
    return "ERR XX and NX options at the same time are not compatible";
  if ((options.only_greater && (options.only_new || options.only_less)) ||
      (options.only_less && options.only_new))
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  if (options.increment && rest > 2)
    return "ERR INCR option supports a single increment-element pair";
  return {};
}

// What an addition did.
struct Added {
  std::int64_t added = 0;
  std::int64_t updated = 0;
  std::optional<double> score;  // the last one, if it was allowed
  bool failed = false;          // the sum of two infinities
};

void add_one(
    SortedSet& set, const AddOptions& options, std::string_view member, double score, Added& done) {
  const SortedSet::Place place = set.find(member);
  if (options.increment && place.is_there) {
    score += place.score;
    if (std::isnan(score)) {
      done.failed = true;
      return;
    }
  }
  if (!options.allow(place, score)) return;
  done.score = score;
  if (!place.is_there) {
    set.add(member, score, place);
    ++done.added;
  } else if (score != place.score) {
    set.change(member, score, place);
    ++done.updated;
  }
}

void reply_added(CommandContext& ctx, const AddOptions& options, const Added& done) {
  if (!options.increment)
    return ctx.reply().integer(done.added + (options.count_changed ? done.updated : 0));
  if (done.failed) return ctx.error("ERR resulting score is not a number (NaN)");
  if (!done.score) return ctx.reply().null();
  ctx.reply().real(*done.score);
}

void add(CommandContext& ctx, const AddOptions& options) {
  // All scores are looked at before anything is changed.
  for (std::size_t i = options.first; i < ctx.argc(); i += 2)
    if (!base::parse_double(ctx.arg(i))) return ctx.error(errors::not_a_float);
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_type(key, sorted_set_type, at)) return;
  Added done;
  if (!at && options.only_present) return reply_added(ctx, options, done);
  if (!at) at = ctx.put(key, at, SortedSet::make(key.key, store::no_expiry));
  SortedSet set(*at.entry());
  for (std::size_t i = options.first; i < ctx.argc(); i += 2)
    add_one(set, options, ctx.arg(i + 1), *base::parse_double(ctx.arg(i)), done);
  if (done.added + done.updated > 0)
    ctx.changed(key, Event::sorted_set, options.increment ? "zincr" : "zadd");
  ctx.count_changes(static_cast<std::uint64_t>(done.added + done.updated));
  reply_added(ctx, options, done);
}

void check_and_add(CommandContext& ctx, const AddOptions& options) {
  const std::string_view error = contradiction(options, ctx.argc());
  if (!error.empty()) return ctx.error(error);
  add(ctx, options);
}

void zadd(CommandContext& ctx) {
  check_and_add(ctx, parse(ctx.args()));
}

// An increment that is one of ZADD's options is read as that, and then the increment is missing.
void zincrby(CommandContext& ctx) {
  AddOptions options = parse(ctx.args());
  options.increment = true;
  check_and_add(ctx, options);
}

void zcard(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  ctx.reply().integer(entry == nullptr ? 0
                                       : static_cast<std::int64_t>(SortedSetView(*entry).size()));
}

void reply_score(CommandContext& ctx, const Entry* entry, std::string_view member) {
  const auto score = entry == nullptr ? std::nullopt : SortedSetView(*entry).score(member);
  if (!score) return ctx.reply().null();
  ctx.reply().real(*score);
}

void zscore(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  reply_score(ctx, entry, ctx.arg(2));
}

void zmscore(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  ctx.reply().array(ctx.argc() - 2);
  for (const std::string_view member : ctx.args().subspan(2))
    reply_score(ctx, entry, member);
}

void rank(CommandContext& ctx, bool reverse) {
  const bool with_score = ctx.argc() == 4;
  if (ctx.argc() > 4 || (with_score && !base::equals_ignoring_case(ctx.arg(3), "WITHSCORE")))
    return ctx.error(errors::syntax);
  Entry* entry = nullptr;
  if (!ctx.read_type(ctx.key(), sorted_set_type, entry)) return;
  SortedSet::Place place;
  if (entry != nullptr) place = SortedSetView(*entry).find(ctx.arg(2));
  if (!place.is_there) return with_score ? ctx.reply().null_array() : ctx.reply().null();
  const SortedSetView set(*entry);
  const std::size_t before = set.rank(place);
  if (with_score) ctx.reply().array(2);
  ctx.reply().integer(static_cast<std::int64_t>(reverse ? set.size() - 1 - before : before));
  if (with_score) ctx.reply().real(place.score);
}

void zrank(CommandContext& ctx) {
  rank(ctx, false);
}

void zrevrank(CommandContext& ctx) {
  rank(ctx, true);
}

void zrem(CommandContext& ctx) {
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_type(key, sorted_set_type, at)) return;
  if (!at) return ctx.reply().integer(0);
  SortedSet set(*at.entry());
  std::int64_t removed = 0;
  for (const std::string_view member : ctx.args().subspan(2)) {
    const SortedSet::Place place = set.find(member);
    if (!place.is_there) continue;
    set.erase(place);
    ++removed;
  }
  if (removed > 0) note_removed(ctx, key, at, "zrem");
  ctx.count_changes(static_cast<std::uint64_t>(removed));
  ctx.reply().integer(removed);
}

constexpr CommandSpec specs[] = {
    {.name = "ZADD",
     .arity = -4,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = zadd,
     .group = "sorted_set",
     .syntax = "key [NX|XX] [GT|LT] [CH] [INCR] score member [score member ...]",
     .summary = "Adds members with their scores to a sorted set, or changes the scores of those "
                "it has.",
     .complexity = "O(log(N)) for each item added, where N is the number of elements in the "
                   "sorted set",
     .since = "1.2.0",
     .history = "2.4.0: Accepts multiple elements. // 3.0.2: Added the `XX`, `NX`, `CH` and "
                "`INCR` options. // 6.2.0: Added the `GT` and `LT` options."},
    {.name = "ZCARD",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro)),
     .handler = zcard,
     .group = "sorted_set",
     .syntax = "key",
     .summary = "Returns how many members a sorted set has.",
     .complexity = "O(1)",
     .since = "1.2.0"},
    {.name = "ZINCRBY",
     .arity = 4,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update)),
     .handler = zincrby,
     .group = "sorted_set",
     .syntax = "key increment member",
     .summary = "Adds to the score of a sorted set's member, which is made if it is missing.",
     .complexity = "O(log(N)) where N is the number of elements in the sorted set.",
     .since = "1.2.0"},
    {.name = "ZMSCORE",
     .arity = -3,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zmscore,
     .group = "sorted_set",
     .syntax = "key member [member ...]",
     .summary = "Returns the scores of members of a sorted set.",
     .complexity = "O(N) where N is the number of members being requested.",
     .since = "6.2.0"},
    {.name = "ZRANK",
     .arity = -3,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrank,
     .group = "sorted_set",
     .syntax = "key member [WITHSCORE]",
     .summary = "Returns how many members of a sorted set come before this one.",
     .complexity = "O(log(N))",
     .since = "2.0.0",
     .history = "7.2.0: Added the optional `WITHSCORE` argument."},
    {.name = "ZREM",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::sortedset | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = zrem,
     .group = "sorted_set",
     .syntax = "key member [member ...]",
     .summary = "Removes members from a sorted set.",
     .complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the "
                   "number of elements to be removed",
     .since = "1.2.0",
     .history = "2.4.0: Accepts multiple elements."},
    {.name = "ZREVRANK",
     .arity = -3,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zrevrank,
     .group = "sorted_set",
     .syntax = "key member [WITHSCORE]",
     .summary = "Returns how many members of a sorted set come after this one.",
     .complexity = "O(log(N))",
     .since = "2.0.0",
     .history = "7.2.0: Added the optional `WITHSCORE` argument."},
    {.name = "ZSCORE",
     .arity = 3,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::sortedset,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = zscore,
     .group = "sorted_set",
     .syntax = "key member",
     .summary = "Returns the score of a sorted set's member.",
     .complexity = "O(1)",
     .since = "1.2.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> sorted_set_commands() {
  return specs;
}

}  // namespace duplex::commands
