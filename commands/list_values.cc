// What the commands of lists have in common: ends, elements taken and moved, and their replies.
#include "commands/list_values.h"

#include "base/numbers.h"
#include "base/text.h"

#include <algorithm>
#include <string>

namespace duplex::commands {

using store::ListEnd;
using store::ListpackItem;

namespace {

std::string_view push_event(ListEnd end) {
  return end == ListEnd::front ? "lpush" : "rpush";
}
std::string_view pop_event(ListEnd end) {
  return end == ListEnd::front ? "lpop" : "rpop";
}

// Announces that elements have gone from an end; `at` is where the list stands.
void popped(CommandContext& ctx,
            const store::HashedKey& key,
            store::Table::Position at,
            ListEnd end) {
  ctx.changed(key, Event::list, pop_event(end));
  ctx.erase_if_empty(key, at, store::ListView(*at.entry()).is_empty());
}

// A number of keys or elements, which must be positive.
std::optional<std::int64_t> positive_arg(CommandContext& ctx,
                                         std::size_t index,
                                         std::string_view error) {
  const auto number = base::parse_int64(ctx.arg(index));
  if (number && *number > 0) return number;
  ctx.error(error);
  return std::nullopt;
}

}  // namespace

std::optional<ListEnd> list_end_arg(CommandContext& ctx, std::string_view text) {
  if (base::equals_ignoring_case(text, "LEFT")) return ListEnd::front;
  if (base::equals_ignoring_case(text, "RIGHT")) return ListEnd::back;
  ctx.error(errors::syntax);
  return std::nullopt;
}

void reply_item(resp::ReplyWriter& reply, const ListpackItem& item) {
  if (item.is_integer()) return reply.bulk_integer(item.integer);
  reply.bulk({item.bytes, item.bytes_size});
}

void pop_item(CommandContext& ctx,
              const store::HashedKey& key,
              store::Table::Position at,
              ListEnd end) {
  store::List list(*at.entry());
  reply_item(ctx.reply(), list.end_item(end));
  list.drop(end, 1);
  popped(ctx, key, at, end);
}

std::size_t pop_items(CommandContext& ctx,
                      const store::HashedKey& key,
                      store::Table::Position at,
                      ListEnd end,
                      std::size_t count) {
  store::List list(*at.entry());
  const std::size_t size = list.size();
  count = std::min(count, size);
  ctx.reply().array(count);
  std::size_t left = count;
  const auto reply_next = [&](const ListpackItem& item) {
    reply_item(ctx.reply(), item);
    return --left > 0;
  };
  if (end == ListEnd::front)
    list.visit(0, reply_next);
  else
    list.visit_back(size - 1, reply_next);
  list.drop(end, count);
  ctx.count_changes(count);
  popped(ctx, key, at, end);
  return count;
}

std::optional<MultiPop> multi_pop_args(CommandContext& ctx, std::size_t numkeys_at) {
  const auto keys = positive_arg(ctx, numkeys_at, "ERR numkeys should be greater than 0");
  if (!keys) return std::nullopt;
  const auto end_at = static_cast<std::uint64_t>(*keys) + numkeys_at + 1;
  if (end_at >= ctx.argc()) {
    ctx.error(errors::syntax);
    return std::nullopt;
  }
  const auto end = list_end_arg(ctx, ctx.arg(end_at));
  if (!end) return std::nullopt;
  MultiPop pop{.end = *end, .count = 1};
  const std::size_t options = ctx.argc() - end_at - 1;
  if (options == 0) return pop;
  if (!base::equals_ignoring_case(ctx.arg(end_at + 1), "COUNT") || options < 2) {
    ctx.error(errors::syntax);
    return std::nullopt;
  }
  const auto count = positive_arg(ctx, end_at + 2, "ERR count should be greater than 0");
  if (!count) return std::nullopt;
  if (options > 2) {
    ctx.error(errors::syntax);
    return std::nullopt;
  }
  pop.count = *count;
  return pop;
}

Taken pop_from_first(CommandContext& ctx, const MultiPop& pop) {
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const store::HashedKey& key = ctx.key(i);
    store::Table::Position at;
    if (!ctx.find_type(key, store::ValueType::list, at)) return Taken::refused;
    if (!at) continue;
    ctx.reply().array(2);
    ctx.reply().bulk(key.key);
    const std::size_t count = pop_items(ctx, key, at, pop.end, static_cast<std::size_t>(pop.count));
    ctx.effect(
        {pop.end == ListEnd::front ? "LPOP" : "RPOP", key.key, ctx.keep(std::to_string(count))});
    return Taken::done;
  }
  return Taken::nothing;
}

Taken move_item(CommandContext& ctx, ListEnd from, ListEnd to) {
  const store::HashedKey& source = ctx.key(0);
  const store::HashedKey& target = ctx.key(1);
  store::Table::Position at;
  if (!ctx.find_type(source, store::ValueType::list, at)) return Taken::refused;
  if (!at) return Taken::nothing;
  store::List list(*at.entry());
  const ListpackItem item = list.end_item(from);
  char scratch[base::int64_digits_max];
  std::string_view text = item.text(scratch);
  std::string kept;
  if (source.key == target.key) {
    kept = text;
    list.drop(from, 1);
    list.push(to, kept);
    text = kept;
  } else {
    store::Table::Position target_at;
    if (!ctx.find_type(target, store::ValueType::list, target_at)) return Taken::refused;
    if (!target_at)
      target_at = ctx.put(target, target_at, store::List::make(target.key, store::no_expiry));
    store::List(*target_at.entry()).push(to, text);
  }
  ctx.reply().bulk(text);
  ctx.changed(target, Event::list, push_event(to));
  if (source.key != target.key) list.drop(from, 1);
  // The position may have moved when the target was made.
  popped(ctx, source, ctx.find(source), from);
  return Taken::done;
}

}  // namespace duplex::commands
