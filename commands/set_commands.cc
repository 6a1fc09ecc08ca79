// Sets, member by member: SADD, SCARD, SISMEMBER, SMEMBERS, SMISMEMBER, SMOVE, SREM.
#include "commands/command_context.h"
#include "commands/families.h"
#include "store/set.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashedKey;
using store::Set;
using store::SetView;
using store::Table;
using store::ValueType;

bool find_set(CommandContext& ctx, const HashedKey& key, Table::Position& at) {
  return ctx.find_type(key, ValueType::set, at);
}

bool read_set(CommandContext& ctx, Entry*& entry) {
  return ctx.read_type(ctx.key(), ValueType::set, entry);
}

void sadd(CommandContext& ctx) {
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!find_set(ctx, key, at)) return;
  const std::size_t members = ctx.argc() - 2;
  if (!at) at = ctx.put(key, at, Set::make(key.key, store::no_expiry, ctx.arg(2), members));
  Set set(*at.entry());
  set.prepare(members);
  std::int64_t added = 0;
  for (const std::string_view member : ctx.args().subspan(2))
    if (set.add(member)) ++added;
  if (added != 0) ctx.changed(key, Event::set, "sadd");
  ctx.count_changes(static_cast<std::uint64_t>(added));
  ctx.reply().integer(added);
}

void srem(CommandContext& ctx) {
  const HashedKey& key = ctx.key();
  Table::Position at;
  if (!find_set(ctx, key, at)) return;
  if (!at) return ctx.reply().integer(0);
  Set set(*at.entry());
  std::int64_t removed = 0;
  for (const std::string_view member : ctx.args().subspan(2))
    if (set.erase(member)) ++removed;
  ctx.reply().integer(removed);
  if (removed == 0) return;
  ctx.changed(key, Event::set, "srem");
  ctx.count_changes(static_cast<std::uint64_t>(removed));
  ctx.erase_if_empty(key, at, set.is_empty());
}

void scard(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_set(ctx, entry)) return;
  const std::size_t members = entry == nullptr ? 0 : SetView(*entry).size();
  ctx.reply().integer(static_cast<std::int64_t>(members));
}

bool contains(const Entry* entry, std::string_view member) {
  return entry != nullptr && SetView(*entry).contains(member);
}

void sismember(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (read_set(ctx, entry)) ctx.reply().integer(contains(entry, ctx.arg(2)) ? 1 : 0);
}

void smismember(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_set(ctx, entry)) return;
  ctx.reply().array(ctx.argc() - 2);
  for (const std::string_view member : ctx.args().subspan(2))
    ctx.reply().integer(contains(entry, member) ? 1 : 0);
}

void smembers(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_set(ctx, entry)) return;
  if (entry == nullptr) return ctx.reply().set(0);
  const SetView set(*entry);
  ctx.reply().set(set.size());
  set.for_each([&](std::string_view member) { ctx.reply().bulk(member); });
}

void smove(CommandContext& ctx) {
  const HashedKey& from = ctx.key(0);
  const HashedKey& to = ctx.key(1);
  const std::string_view member = ctx.arg(3);
  // The target first: looking for it may remove an ended key and so move the source.
  const Table::Position target = ctx.find(to);
  const Table::Position at = ctx.find(from);
  if (!at) return ctx.reply().integer(0);
  if (at.entry()->type() != ValueType::set) return ctx.error(errors::wrong_type);
  const Entry* target_entry = target ? ctx.find(to).entry() : nullptr;
  if (target_entry != nullptr && target_entry->type() != ValueType::set)
    return ctx.error(errors::wrong_type);
  Set set(*at.entry());
  if (from.key == to.key) return ctx.reply().integer(set.contains(member) ? 1 : 0);
  if (!set.erase(member)) return ctx.reply().integer(0);
  ctx.changed(from, Event::set, "srem");
  ctx.count_changes(1);
  ctx.erase_if_empty(from, at, set.is_empty());
  Table::Position into = ctx.find(to);
  if (!into) into = ctx.put(to, into, Set::make(to.key, store::no_expiry, member));
  if (Set(*into.entry()).add(member)) {
    ctx.changed(to, Event::set, "sadd");
    ctx.count_changes(1);
  }
  ctx.reply().integer(1);
}

constexpr CommandSpec specs[] = {
    {.name = "SADD",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::set | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = sadd,
     .group = "set",
     .syntax = "key member [member ...]",
     .summary = "Adds members to a set, which is made if it does not exist.",
     .complexity = "O(1) for each member.",
     .since = "1.0.0",
     .history = "2.4.0: Accepts multiple `member` arguments."},
    {.name = "SCARD",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::set,
     .keys = keys(range(1, 0, 1, KeyFlag::ro)),
     .handler = scard,
     .group = "set",
     .syntax = "key",
     .summary = "Counts the members of a set.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "SISMEMBER",
     .arity = 3,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::set,
     .keys = keys(range(1, 0, 1, KeyFlag::ro)),
     .handler = sismember,
     .group = "set",
     .syntax = "key member",
     .summary = "Tells whether a set has a member.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "SMEMBERS",
     .arity = 2,
     .flags = Flag::readonly,
     .categories = Category::read | Category::set | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = smembers,
     .group = "set",
     .syntax = "key",
     .summary = "Returns all members of a set.",
     .complexity = "O(N) where N is the number of members.",
     .since = "1.0.0",
     .tips = "nondeterministic_output_order"},
    {.name = "SMISMEMBER",
     .arity = -3,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::set,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = smismember,
     .group = "set",
     .syntax = "key member [member ...]",
     .summary = "Tells for each of some members whether a set has it.",
     .complexity = "O(N) where N is the number of members asked for.",
     .since = "6.2.0"},
    {.name = "SMOVE",
     .arity = 4,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::set | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
                  range(2, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = smove,
     .group = "set",
     .syntax = "source destination member",
     .summary = "Moves a member from one set to another.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "SREM",
     .arity = -3,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::set | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = srem,
     .group = "set",
     .syntax = "key member [member ...]",
     .summary = "Removes members from a set, and the set with its last member.",
     .complexity = "O(N) where N is the number of members to remove.",
     .since = "1.0.0",
     .history = "2.4.0: Accepts multiple `member` arguments."},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> set_commands() {
  return specs;
}

}  // namespace duplex::commands
