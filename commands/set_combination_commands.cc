// Several sets made one: SDIFF, SINTER, SUNION, those that store what they find, SINTERCARD.
#include "base/hash.h"
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "store/set.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::EntryPtr;
using store::HashedKey;
using store::MemberTable;
using store::Set;
using store::SetView;
using store::Table;

// The sets of a command, in its order; the ones that do not exist are counted only.
struct Inputs {
  std::vector<SetView> sets;
  std::size_t missing = 0;
  bool first_is_missing = false;
};

// Reads the sets from a key on; answers WRONGTYPE itself and returns false then.
bool read_inputs(CommandContext& ctx, std::size_t first, Inputs& inputs) {
  for (std::size_t i = first; i < ctx.key_count(); ++i) {
    Entry* entry = nullptr;
    if (!ctx.read_type(ctx.key(i), store::ValueType::set, entry)) return false;
    if (entry != nullptr) {
      inputs.sets.emplace_back(*entry);
    } else {
      ++inputs.missing;
      if (i == first) inputs.first_is_missing = true;
    }
  }
  return true;
}

// Calls take(member) for what all sets have, until it answers false. Each combination gives every
// member once.
template <typename Take>
void intersect(Inputs& inputs, Take&& take) {
  if (inputs.missing != 0) return;
  std::ranges::sort(inputs.sets, {}, &SetView::size);
  const std::span others = std::span(inputs.sets).subspan(1);
  bool go_on = true;
  // The tables are all ordered by the hash, so looking for one's members in another is a walk.
  inputs.sets.front().for_each([&](std::string_view member) {
    if (!go_on) return;
    const std::uint64_t hash = base::hash_bytes(member);
    for (const SetView& other : others)
      if (!other.contains(member, hash)) return;
    go_on = take(member);
  });
}

template <typename Take>
void unite(const Inputs& inputs, Take&& take) {
  if (inputs.sets.size() == 1) return inputs.sets.front().for_each(take);
  MemberTable seen;
  for (const SetView& set : inputs.sets)
    set.for_each([&](std::string_view member) {
      if (seen.add(member)) take(member);
    });
}

// What the first set has and no other one.
template <typename Take>
void subtract(const Inputs& inputs, Take&& take) {
  if (inputs.first_is_missing) return;
  const SetView& first = inputs.sets.front();
  const std::span others = std::span(inputs.sets).subspan(1);
  std::size_t total = 0;
  for (const SetView& other : others)
    total += other.size();
  if (others.size() > 1 && total < first.size() * (others.size() - 1)) {
    // Many small ones: looking into one table is less than looking into each of them.
    MemberTable subtracted;
    for (const SetView& other : others)
      other.for_each([&](std::string_view member) { subtracted.add(member); });
    first.for_each([&](std::string_view member) {
      if (!subtracted.contains(member)) take(member);
    });
    return;
  }
  first.for_each([&](std::string_view member) {
    const std::uint64_t hash = base::hash_bytes(member);
    for (const SetView& other : others)
      if (other.contains(member, hash)) return;
    take(member);
  });
}

enum class Combination : std::uint8_t { difference, intersection, union_of_all };

template <typename Take>
void combine(Combination combination, Inputs& inputs, Take&& take) {
  switch (combination) {
    case Combination::difference:
      return subtract(inputs, take);
    case Combination::intersection:
      return intersect(inputs, [&](std::string_view member) { return take(member), true; });
    case Combination::union_of_all:
      return unite(inputs, take);
  }
}

void answer(CommandContext& ctx, Combination combination) {
  Inputs inputs;
  if (!read_inputs(ctx, 0, inputs)) return;
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t count = 0;
  combine(combination, inputs, [&](std::string_view member) {
    ctx.reply().bulk(member);
    ++count;
  });
  ctx.reply().end_deferred_set(place, count);
}

void store_result(CommandContext& ctx, Combination combination, std::string_view event) {
  Inputs inputs;
  if (!read_inputs(ctx, 1, inputs)) return;
  const HashedKey& to = ctx.key(0);
  EntryPtr result = Set::make(to.key, store::no_expiry);
  Set set(*result);
  combine(combination, inputs, [&](std::string_view member) { set.add(member); });
  // From here on the inputs may go.
  const Table::Position at = ctx.find(to);
  const std::size_t count = set.size();
  if (count != 0) {
    ctx.put(to, at, std::move(result));
    ctx.changed(to, Event::set, event);
  } else if (at) {
    ctx.erase(to, at);
    ctx.changed(to, Event::generic, "del");
  }
  ctx.reply().integer(static_cast<std::int64_t>(count));
}

void sdiff(CommandContext& ctx) {
  answer(ctx, Combination::difference);
}
void sinter(CommandContext& ctx) {
  answer(ctx, Combination::intersection);
}
void sunion(CommandContext& ctx) {
  answer(ctx, Combination::union_of_all);
}

void sdiffstore(CommandContext& ctx) {
  store_result(ctx, Combination::difference, "sdiffstore");
}
void sinterstore(CommandContext& ctx) {
  store_result(ctx, Combination::intersection, "sinterstore");
}
void sunionstore(CommandContext& ctx) {
  store_result(ctx, Combination::union_of_all, "sunionstore");
}

// How many members are enough, 0 for all; answers the error itself.
std::optional<std::size_t> limit_arg(CommandContext& ctx, std::size_t first) {
  std::size_t limit = 0;
  for (std::size_t i = first; i < ctx.argc(); i += 2) {
    if (i + 1 == ctx.argc() || !base::equals_ignoring_case(ctx.arg(i), "limit")) {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
    const auto number = base::parse_int64(ctx.arg(i + 1));
    if (!number || *number < 0) {
      ctx.error("ERR LIMIT can't be negative");
      return std::nullopt;
    }
    limit = static_cast<std::size_t>(*number);
  }
  return limit;
}

void sintercard(CommandContext& ctx) {
  const auto number = base::parse_int64(ctx.arg(1));
  if (!number || *number < 1 || *number > std::numeric_limits<std::int64_t>::max())
    return ctx.error("ERR numkeys should be greater than 0");
  if (static_cast<std::uint64_t>(*number) > ctx.argc() - 2)
    return ctx.error("ERR Number of keys can't be greater than number of args");
  const auto limit = limit_arg(ctx, 2 + static_cast<std::size_t>(*number));
  if (!limit) return;
  Inputs inputs;
  if (!read_inputs(ctx, 0, inputs)) return;
  std::size_t count = 0;
  intersect(inputs, [&](std::string_view) { return ++count != *limit; });
  ctx.reply().integer(static_cast<std::int64_t>(count));
}

constexpr Category read_categories = Category::read | Category::set | Category::slow;
constexpr Category write_categories = Category::set | Category::slow | Category::write;
constexpr KeySpecs read_keys = keys(range(1, -1, 1, KeyFlag::ro | KeyFlag::access));
constexpr KeySpecs write_keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update),
                                     range(2, -1, 1, KeyFlag::ro | KeyFlag::access));

constexpr CommandSpec specs[] = {
    {.name = "SDIFF",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = read_keys,
     .handler = sdiff,
     .group = "set",
     .syntax = "key [key ...]",
     .summary = "Returns the members of a set that some other sets do not have.",
     .complexity = "O(N) where N is the number of members of all sets.",
     .since = "1.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "SDIFFSTORE",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom,
     .categories = write_categories,
     .keys = write_keys,
     .handler = sdiffstore,
     .group = "set",
     .syntax = "destination key [key ...]",
     .summary = "Stores the members of a set that some other sets do not have.",
     .complexity = "O(N) where N is the number of members of all sets.",
     .since = "1.0.0"},
    {.name = "SINTER",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = read_keys,
     .handler = sinter,
     .group = "set",
     .syntax = "key [key ...]",
     .summary = "Returns the members that all of some sets have.",
     .complexity = "O(N*M) where N is the size of the smallest set and M the number of sets.",
     .since = "1.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "SINTERCARD",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = keys(key_number(1, 0, 1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = sintercard,
     .group = "set",
     .syntax = "numkeys key [key ...] [LIMIT limit]",
     .summary = "Counts the members that all of some sets have.",
     .complexity = "O(N*M) where N is the size of the smallest set and M the number of sets.",
     .since = "7.0.0"},
    {.name = "SINTERSTORE",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom,
     .categories = write_categories,
     .keys = write_keys,
     .handler = sinterstore,
     .group = "set",
     .syntax = "destination key [key ...]",
     .summary = "Stores the members that all of some sets have.",
     .complexity = "O(N*M) where N is the size of the smallest set and M the number of sets.",
     .since = "1.0.0"},
    {.name = "SUNION",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = read_categories,
     .keys = read_keys,
     .handler = sunion,
     .group = "set",
     .syntax = "key [key ...]",
     .summary = "Returns the members that any of some sets has.",
     .complexity = "O(N) where N is the number of members of all sets.",
     .since = "1.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "SUNIONSTORE",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom,
     .categories = write_categories,
     .keys = write_keys,
     .handler = sunionstore,
     .group = "set",
     .syntax = "destination key [key ...]",
     .summary = "Stores the members that any of some sets has.",
     .complexity = "O(N) where N is the number of members of all sets.",
     .since = "1.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> set_combination_commands() {
  return specs;
}

}  // namespace duplex::commands
