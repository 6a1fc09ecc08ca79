// Lists from within: what they hold, and changes anywhere in them.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/index_range.h"
#include "commands/list_values.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::List;
using store::ListEnd;
using store::ListpackItem;
using store::ListView;
using store::Table;

// A count or rank whose sign can be turned around; answers the error itself.
std::optional<std::int64_t> signed_count_arg(CommandContext& ctx, std::size_t index) {
  const auto value = ctx.integer_arg(index);
  if (!value || *value != std::numeric_limits<std::int64_t>::min()) return value;
  ctx.error(
      "ERR value is out of range, value must between -9223372036854775807 and "
      "9223372036854775807");
  return std::nullopt;
}

bool read_list(CommandContext& ctx, Entry*& entry) {
  return ctx.read_type(ctx.key(), store::ValueType::list, entry);
}

bool find_list(CommandContext& ctx, Table::Position& at) {
  return ctx.find_type(ctx.key(), store::ValueType::list, at);
}

// The place of an index that counts from the end if it is negative.
std::optional<std::size_t> place_of(std::int64_t index, std::size_t size) {
  const auto total = static_cast<std::int64_t>(size);
  if (index < 0) index += total;
  if (index < 0 || index >= total) return std::nullopt;
  return static_cast<std::size_t>(index);
}

void lindex(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_list(ctx, entry)) return;
  if (entry == nullptr) return ctx.reply().null();
  const auto index = ctx.integer_arg(2);
  if (!index) return;
  const ListView list(*entry);
  const auto place = place_of(*index, list.size());
  if (!place) return ctx.reply().null();
  reply_item(ctx.reply(), list.at(*place));
}

void llen(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!read_list(ctx, entry)) return;
  ctx.reply().integer(entry == nullptr ? 0 : static_cast<std::int64_t>(ListView(*entry).size()));
}

void lrange(CommandContext& ctx) {
  const auto start = ctx.integer_arg(2);
  if (!start) return;
  const auto stop = ctx.integer_arg(3);
  if (!stop) return;
  Entry* entry = nullptr;
  if (!read_list(ctx, entry)) return;
  if (entry == nullptr) return ctx.reply().array(0);
  const ListView list(*entry);
  const auto range = element_range(*start, *stop, list.size());
  if (!range) return ctx.reply().array(0);
  resp::ReplyWriter& reply = ctx.reply();
  reply.array(range->count);
  std::size_t left = range->count;
  list.visit(range->first, [&](const ListpackItem& item) {
    reply_item(reply, item);
    return --left > 0;
  });
}

struct PositionOptions {
  std::int64_t rank = 1;
  std::optional<std::int64_t> count;
  std::int64_t scanned_max = 0;  // 0: all
};

std::optional<std::int64_t> unsigned_option(CommandContext& ctx,
                                            std::size_t index,
                                            std::string_view error) {
  const auto value = base::parse_int64(ctx.arg(index));
  if (value && *value >= 0) return value;
  ctx.error(error);
  return std::nullopt;
}

// Answers the error itself.
bool parse(CommandContext& ctx, PositionOptions& options) {
  for (std::size_t i = 3; i < ctx.argc(); i += 2) {
    const std::string_view name = ctx.arg(i);
    if (i + 1 == ctx.argc()) {
      ctx.error(errors::syntax);
      return false;
    }
    if (base::equals_ignoring_case(name, "RANK")) {
      const auto rank = signed_count_arg(ctx, i + 1);
      if (!rank) return false;
      options.rank = *rank;
      if (*rank != 0) continue;
      ctx.error(
          "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
          "use negative to start from the end of the list");
      return false;
    }
    if (base::equals_ignoring_case(name, "COUNT")) {
      options.count = unsigned_option(ctx, i + 1, "ERR COUNT can't be negative");
      if (!options.count) return false;
    } else if (base::equals_ignoring_case(name, "MAXLEN")) {
      const auto scanned = unsigned_option(ctx, i + 1, "ERR MAXLEN can't be negative");
      if (!scanned) return false;
      options.scanned_max = *scanned;
    } else {
      ctx.error(errors::syntax);
      return false;
    }
  }
  return true;
}

// Calls found(index) for the elements that LPOS is asked for, until it answers false.
template <typename Found>
void find_positions(const ListView& list,
                    std::string_view text,
                    const PositionOptions& options,
                    Found&& found) {
  const store::ListpackNeedle needle(text);
  const auto size = static_cast<std::int64_t>(list.size());
  const bool backwards = options.rank < 0;
  std::int64_t skipped = (backwards ? -options.rank : options.rank) - 1;
  std::int64_t scanned = 0;
  const auto look = [&](const ListpackItem& item) {
    const std::int64_t index = backwards ? size - 1 - scanned : scanned;
    ++scanned;
    if (needle.matches(item) && skipped-- <= 0 && !found(index)) return false;
    return options.scanned_max == 0 || scanned < options.scanned_max;
  };
  if (backwards)
    list.visit_back(list.size() - 1, look);
  else
    list.visit(0, look);
}

void lpos(CommandContext& ctx) {
  PositionOptions options;
  if (!parse(ctx, options)) return;
  Entry* entry = nullptr;
  if (!read_list(ctx, entry)) return;
  if (entry == nullptr) return options.count ? ctx.reply().array(0) : ctx.reply().null();
  const ListView list(*entry);
  if (!options.count) {
    std::optional<std::int64_t> first;
    find_positions(list, ctx.arg(2), options, [&](std::int64_t index) {
      first = index;
      return false;
    });
    return first ? ctx.reply().integer(*first) : ctx.reply().null();
  }
  const std::size_t place = ctx.reply().begin_deferred();
  std::int64_t count = 0;
  find_positions(list, ctx.arg(2), options, [&](std::int64_t index) {
    ctx.reply().integer(index);
    ++count;
    return count != *options.count;  // never for 0, which means all
  });
  ctx.reply().end_deferred_array(place, static_cast<std::size_t>(count));
}

void linsert(CommandContext& ctx) {
  const bool behind = base::equals_ignoring_case(ctx.arg(2), "AFTER");
  if (!behind && !base::equals_ignoring_case(ctx.arg(2), "BEFORE"))
    return ctx.error(errors::syntax);
  Table::Position at;
  if (!find_list(ctx, at)) return;
  if (!at) return ctx.reply().integer(0);
  List list(*at.entry());
  if (!list.insert(ctx.arg(3), behind, ctx.arg(4))) return ctx.reply().integer(-1);
  ctx.changed(ctx.key(), Event::list, "linsert");
  ctx.reply().integer(static_cast<std::int64_t>(list.size()));
}

void lset(CommandContext& ctx) {
  Table::Position at;
  if (!find_list(ctx, at)) return;
  if (!at) return ctx.error(errors::no_such_key);
  const auto index = ctx.integer_arg(2);
  if (!index) return;
  List list(*at.entry());
  const auto place = place_of(*index, list.size());
  if (!place) return ctx.error(errors::index_out_of_range);
  list.replace(*place, ctx.arg(3));
  ctx.changed(ctx.key(), Event::list, "lset");
  ctx.reply().ok();
}

void lrem(CommandContext& ctx) {
  const auto count = signed_count_arg(ctx, 2);
  if (!count) return;
  Table::Position at;
  if (!find_list(ctx, at)) return;
  if (!at) return ctx.reply().integer(0);
  List list(*at.entry());
  const auto limit =
      *count == 0 ? list.size() : static_cast<std::size_t>(*count < 0 ? -*count : *count);
  const std::size_t removed =
      list.remove(ctx.arg(3), limit, *count < 0 ? ListEnd::back : ListEnd::front);
  ctx.reply().integer(static_cast<std::int64_t>(removed));
  if (removed == 0) return;
  ctx.changed(ctx.key(), Event::list, "lrem");
  ctx.count_changes(removed);
  ctx.erase_if_empty(ctx.key(), at, list.is_empty());
}

void ltrim(CommandContext& ctx) {
  const auto start = ctx.integer_arg(2);
  if (!start) return;
  const auto stop = ctx.integer_arg(3);
  if (!stop) return;
  Table::Position at;
  if (!find_list(ctx, at)) return;
  if (!at) return ctx.reply().ok();
  List list(*at.entry());
  const std::size_t size = list.size();
  const IndexRange kept = element_range(*start, *stop, size).value_or(IndexRange{0, 0});
  ctx.changed(ctx.key(), Event::list, "ltrim");
  ctx.count_changes(size - kept.count);
  if (kept.count == size) ctx.no_effect();
  if (!ctx.erase_if_empty(ctx.key(), at, kept.count == 0)) list.keep(kept.first, kept.count);
  ctx.reply().ok();
}

constexpr CommandSpec specs[] = {
    {.name = "LINDEX",
     .arity = 3,
     .flags = Flag::readonly,
     .categories = Category::list | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = lindex,
     .group = "list",
     .syntax = "key index",
     .summary = "Returns the element of a list at an index.",
     .complexity =
         "O(N) where N is the number of elements to traverse to get to the element at index",
     .since = "1.0.0"},
    {.name = "LINSERT",
     .arity = 5,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = linsert,
     .group = "list",
     .syntax = "key <BEFORE|AFTER> pivot element",
     .summary = "Puts an element before or behind another one of a list.",
     .complexity =
         "O(N) where N is the number of elements to traverse before seeing the value pivot",
     .since = "2.2.0"},
    {.name = "LLEN",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::list | Category::read,
     .keys = keys(range(1, 0, 1, KeyFlag::ro)),
     .handler = llen,
     .group = "list",
     .syntax = "key",
     .summary = "Returns the length of a list.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "LPOS",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::list | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = lpos,
     .group = "list",
     .syntax = "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
     .summary = "Returns where elements of a list that equal a value stand.",
     .complexity = "O(N) where N is the number of elements in the list, for the average case",
     .since = "6.0.6"},
    {.name = "LRANGE",
     .arity = 4,
     .flags = Flag::readonly,
     .categories = Category::list | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = lrange,
     .group = "list",
     .syntax = "key start stop",
     .summary = "Returns a range of elements of a list.",
     .complexity =
         "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest "
         "end (HEAD or TAIL) for large lists; and N is the number of elements in the specified "
         "range",
     .since = "1.0.0"},
    {.name = "LREM",
     .arity = 4,
     .flags = Flag::write,
     .categories = Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = lrem,
     .group = "list",
     .syntax = "key count element",
     .summary = "Removes elements of a list that equal a value.",
     .complexity =
         "O(N+M) where N is the length of the list and M is the number of elements removed",
     .since = "1.0.0"},
    {.name = "LSET",
     .arity = 4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = lset,
     .group = "list",
     .syntax = "key index element",
     .summary = "Replaces the element of a list at an index.",
     .complexity = "O(N) where N is the length of the list",
     .since = "1.0.0"},
    {.name = "LTRIM",
     .arity = 4,
     .flags = Flag::write,
     .categories = Category::list | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::deletes)),
     .handler = ltrim,
     .group = "list",
     .syntax = "key start stop",
     .summary = "Keeps a range of elements of a list and removes the others.",
     .complexity = "O(N) where N is the number of elements to be removed by the operation.",
     .since = "1.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> list_commands() {
  return specs;
}

}  // namespace duplex::commands
