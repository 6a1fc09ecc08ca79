// Lists at their ends: pushes, pops, and elements that move from one list to another.
#include "base/numbers.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"
#include "commands/list_values.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

using store::List;
using store::ListEnd;
using store::Table;

void push(CommandContext& ctx, ListEnd end, bool only_present) {
  const store::HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_type(key, store::ValueType::list, at)) return;
  if (!at) {
    if (only_present) return ctx.reply().integer(0);
    at = ctx.put(key, at, List::make(key.key, store::no_expiry));
  }
  List list(*at.entry());
  list.push(end, ctx.args().subspan(2));
  ctx.changed(key, Event::list, end == ListEnd::front ? "lpush" : "rpush");
  ctx.count_changes(ctx.argc() - 2);
  ctx.reply().integer(static_cast<std::int64_t>(list.size()));
}

void lpush(CommandContext& ctx) {
  push(ctx, ListEnd::front, false);
}
void lpushx(CommandContext& ctx) {
  push(ctx, ListEnd::front, true);
}
void rpush(CommandContext& ctx) {
  push(ctx, ListEnd::back, false);
}
void rpushx(CommandContext& ctx) {
  push(ctx, ListEnd::back, true);
}

void pop_counted(CommandContext& ctx, ListEnd end) {
  const auto count = base::parse_int64(ctx.arg(2));
  if (!count || *count < 0) return ctx.error(errors::unterminated_number);
  Table::Position at;
  if (!ctx.find_type(ctx.key(), store::ValueType::list, at)) return;
  if (!at) return ctx.reply().null_array();
  if (*count == 0) return ctx.reply().array(0);
  pop_items(ctx, ctx.key(), at, end, static_cast<std::size_t>(*count));
}

void pop(CommandContext& ctx, ListEnd end) {
  if (ctx.argc() > 3)
    return ctx.error(
        fmt::format("ERR wrong number of arguments for '{}' command", ctx.command().full_name));
  if (ctx.argc() == 3) return pop_counted(ctx, end);
  Table::Position at;
  if (!ctx.find_type(ctx.key(), store::ValueType::list, at)) return;
  if (!at) return ctx.reply().null();
  pop_item(ctx, ctx.key(), at, end);
}

void lpop(CommandContext& ctx) {
  pop(ctx, ListEnd::front);
}
void rpop(CommandContext& ctx) {
  pop(ctx, ListEnd::back);
}

void lmpop(CommandContext& ctx) {
  const auto args = multi_pop_args(ctx, 1);
  if (args && pop_from_first(ctx, *args) == Taken::nothing) ctx.reply().null_array();
}

void move(CommandContext& ctx, ListEnd from, ListEnd to) {
  if (move_item(ctx, from, to) == Taken::nothing) ctx.reply().null();
}

void lmove(CommandContext& ctx) {
  const auto from = list_end_arg(ctx, ctx.arg(3));
  if (!from) return;
  const auto to = list_end_arg(ctx, ctx.arg(4));
  if (to) move(ctx, *from, *to);
}

void rpoplpush(CommandContext& ctx) {
  move(ctx, ListEnd::back, ListEnd::front);
}

constexpr CommandSpec specs[] = {
    {.name = "LMOVE",
     .arity = 5,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
                  range(2, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = lmove,
     .group = "list",
     .syntax = "source destination <LEFT|RIGHT> <LEFT|RIGHT>",
     .summary = "Moves an element from an end of one list to an end of another, and returns it.",
     .complexity = "O(1)",
     .since = "6.2.0"},
    {.name = "LMPOP",
     .arity = -4,
     .flags = Flag::write,
     .categories = Category::list | Category::slow | Category::write,
     .keys = keys(key_number(1, 0, 1, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = lmpop,
     .group = "list",
     .syntax = "numkeys key [key ...] <LEFT|RIGHT> [COUNT count]",
     .summary = "Takes elements from an end of the first list that has any.",
     .complexity =
         "O(N+M) where N is the number of provided keys and M is the number of elements returned",
     .since = "7.0.0"},
    {.name = "LPOP",
     .arity = -2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::list | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = lpop,
     .group = "list",
     .syntax = "key [count]",
     .summary = "Takes elements from the front of a list.",
     .complexity = "O(N) where N is the number of elements returned",
     .since = "1.0.0",
     .history = "6.2.0: Added the `count` argument."},
    {.name = "LPUSH",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::list | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = lpush,
     .group = "list",
     .syntax = "key element [element ...]",
     .summary = "Puts elements before the first one of a list; makes the key if it is missing.",
     .complexity =
         "O(1) for each element added, so O(N) to add N elements when the command is called with "
         "multiple arguments",
     .since = "1.0.0",
     .history = "2.4.0: Accepts multiple `element` arguments."},
    {.name = "LPUSHX",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::list | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = lpushx,
     .group = "list",
     .syntax = "key element [element ...]",
     .summary = "Puts elements before the first one of a list if the key exists.",
     .complexity =
         "O(1) for each element added, so O(N) to add N elements when the command is called with "
         "multiple arguments",
     .since = "2.2.0",
     .history = "4.0.0: Accepts multiple `element` arguments."},
    {.name = "RPOP",
     .arity = -2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::list | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes)),
     .handler = rpop,
     .group = "list",
     .syntax = "key [count]",
     .summary = "Takes elements from the back of a list.",
     .complexity = "O(N) where N is the number of elements returned",
     .since = "1.0.0",
     .history = "6.2.0: Added the `count` argument."},
    {.name = "RPOPLPUSH",
     .arity = 3,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
                  range(2, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = rpoplpush,
     .group = "list",
     .syntax = "source destination",
     .summary = "Moves the last element of a list to the front of another, and returns it.",
     .complexity = "O(1)",
     .since = "1.2.0",
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments"},
    {.name = "RPUSH",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::list | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = rpush,
     .group = "list",
     .syntax = "key element [element ...]",
     .summary = "Puts elements behind the last one of a list; makes the key if it is missing.",
     .complexity =
         "O(1) for each element added, so O(N) to add N elements when the command is called with "
         "multiple arguments",
     .since = "1.0.0",
     .history = "2.4.0: Accepts multiple `element` arguments."},
    {.name = "RPUSHX",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::list | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = rpushx,
     .group = "list",
     .syntax = "key element [element ...]",
     .summary = "Puts elements behind the last one of a list if the key exists.",
     .complexity =
         "O(1) for each element added, so O(N) to add N elements when the command is called with "
         "multiple arguments",
     .since = "2.2.0",
     .history = "4.0.0: Accepts multiple `element` arguments."},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> list_move_commands() {
  return specs;
}

}  // namespace duplex::commands
