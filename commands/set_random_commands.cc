// Some members of a set: SPOP, SRANDMEMBER, SSCAN.
#include "base/numbers.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/scan_options.h"
#include "store/set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashedKey;
using store::Set;
using store::SetView;
using store::Table;
using store::ValueType;

// How many members one logged SREM takes out.
constexpr std::size_t logged_members_max = 1024;

// Logs that members were removed; they are texts that stay until the unit is logged.
void log_removed(CommandContext& ctx, std::span<const std::string_view> members) {
  std::vector<std::string_view> words;
  while (!members.empty()) {
    const auto batch = members.first(std::min(members.size(), logged_members_max));
    words.assign({"SREM", ctx.key().key});
    words.insert(words.end(), batch.begin(), batch.end());
    ctx.effect(words);
    members = members.subspan(batch.size());
  }
}

void pop_all(CommandContext& ctx, Table::Position at) {
  const SetView set(*at.entry());
  ctx.reply().set(set.size());
  set.for_each([&](std::string_view member) { ctx.reply().bulk(member); });
  ctx.changed(ctx.key(), Event::set, "spop");
  ctx.count_changes(set.size());
  ctx.erase_if_empty(ctx.key(), at, true);
  ctx.effect({"DEL", ctx.key().key});
}

// Requires: fewer than there are.
void pop_some(CommandContext& ctx, Table::Position at, std::size_t count) {
  Set set(*at.entry());
  ctx.reply().set(count);
  std::vector<std::string_view> members;
  members.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    members.push_back(ctx.keep(set.pop(ctx.random())));
    ctx.reply().bulk(members.back());
  }
  ctx.changed(ctx.key(), Event::set, "spop");
  ctx.count_changes(count);
  log_removed(ctx, members);
}

void pop_one(CommandContext& ctx, Table::Position at) {
  Set set(*at.entry());
  const std::string_view member = ctx.keep(set.pop(ctx.random()));
  ctx.reply().bulk(member);
  ctx.changed(ctx.key(), Event::set, "spop");
  ctx.effect({"SREM", ctx.key().key, member});
  ctx.erase_if_empty(ctx.key(), at, set.is_empty());
}

void spop(CommandContext& ctx) {
  Table::Position at;
  if (ctx.argc() == 2) {
    if (!ctx.find_type(ctx.key(), ValueType::set, at)) return;
    if (!at) return ctx.reply().null();
    return pop_one(ctx, at);
  }
  if (ctx.argc() > 3) return ctx.error(errors::syntax);
  const auto count = base::parse_int64(ctx.arg(2));
  if (!count || *count < 0) return ctx.error("ERR value is out of range, must be positive");
  if (!ctx.find_type(ctx.key(), ValueType::set, at)) return;
  if (!at || *count == 0) return ctx.reply().set(0);
  const auto wanted = static_cast<std::size_t>(*count);
  if (wanted >= SetView(*at.entry()).size()) return pop_all(ctx, at);
  pop_some(ctx, at, wanted);
}

// `count` different members. Requires: count < set.size().
void reply_different(CommandContext& ctx, const SetView& set, std::size_t count) {
  // With few of many wanted, the same one is seldom met twice.
  constexpr std::size_t many = 3;
  ctx.reply().array(count);
  char scratch[base::int64_digits_max];
  if (count * many <= set.size()) {
    store::MemberTable chosen;
    while (chosen.size() < count) {
      const std::string_view member = set.random_member(ctx.random(), scratch);
      if (chosen.add(member)) ctx.reply().bulk(member);
    }
    return;
  }
  std::vector<std::string> members;
  members.reserve(set.size());
  set.for_each([&](std::string_view member) { members.emplace_back(member); });
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(members[i], members[i + ctx.random().below(members.size() - i)]);
    ctx.reply().bulk(members[i]);
  }
}

// The count in argument 2; answers the error itself.
std::optional<std::int64_t> count_arg(CommandContext& ctx) {
  constexpr std::int64_t count_max = std::numeric_limits<std::int64_t>::max();
  const auto count = ctx.integer_arg(2);
  if (count && *count < -count_max) {
    ctx.error(fmt::format(
        "ERR value is out of range, value must between {} and {}", -count_max, count_max));
    return std::nullopt;
  }
  return count;
}

void srandmember(CommandContext& ctx) {
  Entry* entry = nullptr;
  char scratch[base::int64_digits_max];
  if (ctx.argc() == 2) {
    if (!ctx.read_type(ctx.key(), ValueType::set, entry)) return;
    if (entry == nullptr) return ctx.reply().null();
    return ctx.reply().bulk(SetView(*entry).random_member(ctx.random(), scratch));
  }
  if (ctx.argc() > 3) return ctx.error(errors::syntax);
  const auto count = count_arg(ctx);
  if (!count || !ctx.read_type(ctx.key(), ValueType::set, entry)) return;
  if (entry == nullptr || *count == 0) return ctx.reply().array(0);
  const SetView set(*entry);
  if (*count < 0) {
    ctx.reply().array(static_cast<std::size_t>(-*count));
    for (std::int64_t i = 0; i < -*count; ++i)
      ctx.reply().bulk(set.random_member(ctx.random(), scratch));
    return;
  }
  const auto wanted = static_cast<std::size_t>(*count);
  if (wanted < set.size()) return reply_different(ctx, set, wanted);
  ctx.reply().array(set.size());
  set.for_each([&](std::string_view member) { ctx.reply().bulk(member); });
}

void sscan(CommandContext& ctx) {
  auto scan = ElementScan::begin(ctx, ValueType::set, {});
  if (!scan) return;
  const auto visit = [&](std::string_view member) { scan->add(member); };
  scan->reply(SetView(scan->entry()).scan(scan->hash(), scan->count(), visit));
}

constexpr CommandSpec specs[] = {
    {.name = "SPOP",
     .arity = -2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::set | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = spop,
     .group = "set",
     .syntax = "key [count]",
     .summary = "Removes random members of a set and returns them.",
     .complexity = "O(N) where N is the number of members returned.",
     .since = "1.0.0",
     .history = "3.2.0: Added the `count` argument.",
     .tips = "nondeterministic_output"},
    {.name = "SRANDMEMBER",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::read | Category::set | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = srandmember,
     .group = "set",
     .syntax = "key [count]",
     .summary = "Returns random members of a set.",
     .complexity = "O(N) where N is the number of members returned.",
     .since = "1.0.0",
     .history = "2.6.0: Added the optional `count` argument.",
     .tips = "nondeterministic_output"},
    {.name = "SSCAN",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::read | Category::set | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = sscan,
     .group = "set",
     .syntax = "key cursor [MATCH pattern] [COUNT count]",
     .summary = "Returns a part of a set, and where the next part begins.",
     .complexity = "O(1) for every call, O(N) for all of a set with N members.",
     .since = "2.8.0",
     .tips = "nondeterministic_output"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> set_random_commands() {
  return specs;
}

}  // namespace duplex::commands
