// Commands for keys of any type: COPY, DEL, EXISTS, MOVE, RENAME, RENAMENX, TOUCH, TYPE, UNLINK.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/errors.h"
#include "commands/families.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace duplex::commands {

namespace {

using store::Entry;
using store::EntryPtr;
using store::Table;

// The argument as the number of a database; answers the error itself if it is none.
std::optional<int> database_arg(CommandContext& ctx, std::size_t index) {
  const auto number = ctx.integer_arg(index);
  if (!number) return std::nullopt;
  if (*number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max()) {
    ctx.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    return std::nullopt;
  }
  if (*number < 0 || *number >= ctx.services().keyspace.databases()) {
    ctx.error(errors::db_index_out_of_range);
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

// DEL and UNLINK are one: the context frees large values behind the command's back in any case.
void del(CommandContext& ctx) {
  std::int64_t deleted = 0;
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const Table::Position at = ctx.find(ctx.key(i));
    if (!at) continue;
    ctx.erase(ctx.key(i), at);
    ctx.changed(ctx.key(i), Event::generic, "del");
    ctx.count_changes(1);
    ++deleted;
  }
  ctx.reply().integer(deleted);
}

void exists(CommandContext& ctx) {
  std::int64_t found = 0;
  for (std::size_t i = 0; i < ctx.key_count(); ++i)
    if (ctx.look(ctx.key(i)) != nullptr) ++found;
  ctx.reply().integer(found);
}

void touch(CommandContext& ctx) {
  std::int64_t found = 0;
  for (std::size_t i = 0; i < ctx.key_count(); ++i)
    if (ctx.read(ctx.key(i)) != nullptr) ++found;
  ctx.reply().integer(found);
}

void type(CommandContext& ctx) {
  const Entry* entry = ctx.look(ctx.key());
  ctx.reply().status(entry == nullptr ? "none" : type_name(entry->type()));
}

// Gives the value of key 0 the name of key 1. Returns whether it did, nothing after an error.
std::optional<bool> rename_key(CommandContext& ctx, bool replace) {
  const store::HashedKey& from = ctx.key(0);
  const store::HashedKey& to = ctx.key(1);
  // The target first: looking for it may remove an ended key and so move the source.
  const bool is_taken = static_cast<bool>(ctx.find(to));
  const Table::Position at = ctx.find(from);
  if (!at) {
    ctx.error(errors::no_such_key);
    return std::nullopt;
  }
  if (from.key == to.key || (is_taken && !replace)) return false;
  const EntryPtr old = ctx.take(ctx.database(), from, at);
  ctx.put_anew(ctx.database(), to, ctx.find(to), old->with_key(to.key));
  ctx.changed(from, Event::generic, "rename_from");
  ctx.changed(to, Event::generic, "rename_to");
  return true;
}

void rename(CommandContext& ctx) {
  if (rename_key(ctx, true)) ctx.reply().ok();
}

void renamenx(CommandContext& ctx) {
  if (const auto renamed = rename_key(ctx, false)) ctx.reply().integer(*renamed ? 1 : 0);
}

void move(CommandContext& ctx) {
  const auto target = database_arg(ctx, 2);
  if (!target) return;
  if (*target == ctx.database()) return ctx.error(errors::same_object);
  const store::HashedKey& key = ctx.key();
  const Table::Position at = ctx.find(key);
  if (!at || ctx.find(*target, key)) return ctx.reply().integer(0);
  ctx.put(*target, key, {}, ctx.take(ctx.database(), key, at));
  ctx.changed(key, Event::generic, "move_from");
  ctx.changed(*target, key, Event::generic, "move_to");
  ctx.reply().integer(1);
}

struct CopyOptions {
  int database;
  bool replace = false;
};

// Answers the error itself if the options are wrong.
std::optional<CopyOptions> copy_options(CommandContext& ctx) {
  CopyOptions options{.database = ctx.database()};
  for (std::size_t i = 3; i < ctx.argc(); ++i) {
    if (base::equals_ignoring_case(ctx.arg(i), "replace")) {
      options.replace = true;
    } else if (base::equals_ignoring_case(ctx.arg(i), "db") && i + 1 < ctx.argc()) {
      const auto database = database_arg(ctx, ++i);
      if (!database) return std::nullopt;
      options.database = *database;
    } else {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
  }
  return options;
}

void copy(CommandContext& ctx) {
  const auto options = copy_options(ctx);
  if (!options) return;
  const store::HashedKey& from = ctx.key(0);
  const store::HashedKey& to = ctx.key(1);
  if (options->database == ctx.database() && from.key == to.key)
    return ctx.error(errors::same_object);
  const bool is_taken = static_cast<bool>(ctx.find(options->database, to));
  const Entry* source = ctx.read(from);
  if (source == nullptr || (is_taken && !options->replace)) return ctx.reply().integer(0);
  EntryPtr made = source->copy(to.key);
  ctx.put_anew(options->database, to, ctx.find(options->database, to), std::move(made));
  ctx.changed(options->database, to, Event::generic, "copy_to");
  ctx.reply().integer(1);
}

constexpr CommandSpec specs[] = {
    {.name = "COPY",
     .arity = -3,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::keyspace | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access),
                  range(2, 0, 1, KeyFlag::ow | KeyFlag::update)),
     .handler = copy,
     .group = "generic",
     .syntax = "source destination [DB destination-db] [REPLACE]",
     .summary = "Copies a value and its time to live to another key.",
     .complexity = "O(N) for collections of N items, O(1) for strings.",
     .since = "6.2.0"},
    {.name = "DEL",
     .arity = -2,
     .flags = Flag::write,
     .categories = Category::keyspace | Category::slow | Category::write,
     .keys = keys(range(1, -1, 1, KeyFlag::rm | KeyFlag::deletes)),
     .handler = del,
     .group = "generic",
     .syntax = "key [key ...]",
     .summary = "Deletes keys and tells how many there were.",
     .complexity = "O(N) where N is the number of keys.",
     .since = "1.0.0",
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {.name = "EXISTS",
     .arity = -2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::keyspace | Category::read,
     .keys = keys(range(1, -1, 1, KeyFlag::ro)),
     .handler = exists,
     .group = "generic",
     .syntax = "key [key ...]",
     .summary = "Counts the given keys that exist.",
     .complexity = "O(N) where N is the number of keys.",
     .since = "1.0.0",
     .history = "3.0.3: Accepts multiple `key` arguments.",
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {.name = "MOVE",
     .arity = 3,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::keyspace | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update)),
     .handler = move,
     .group = "generic",
     .syntax = "key db",
     .summary = "Moves a key to another database.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "RENAME",
     .arity = 3,
     .flags = Flag::write,
     .categories = Category::keyspace | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
                  range(2, 0, 1, KeyFlag::ow | KeyFlag::update)),
     .handler = rename,
     .group = "generic",
     .syntax = "key newkey",
     .summary = "Gives a key another name; what had that name before is replaced.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "RENAMENX",
     .arity = 3,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::keyspace | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::deletes),
                  range(2, 0, 1, KeyFlag::ow | KeyFlag::insert)),
     .handler = renamenx,
     .group = "generic",
     .syntax = "key newkey",
     .summary = "Gives a key another name if that name is free.",
     .complexity = "O(1)",
     .since = "1.0.0",
     .history = "3.2.0: The command no longer returns an error when source and destination names "
                "are the same."},
    {.name = "TOUCH",
     .arity = -2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::keyspace | Category::read,
     .keys = keys(range(1, -1, 1, KeyFlag::ro)),
     .handler = touch,
     .group = "generic",
     .syntax = "key [key ...]",
     .summary = "Marks keys as used just now and counts those that exist.",
     .complexity = "O(N) where N is the number of keys.",
     .since = "3.2.1",
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
    {.name = "TYPE",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::keyspace | Category::read,
     .keys = keys(range(1, 0, 1, KeyFlag::ro)),
     .handler = type,
     .group = "generic",
     .syntax = "key",
     .summary = "Tells the type of the value at a key.",
     .complexity = "O(1)",
     .since = "1.0.0"},
    {.name = "UNLINK",
     .arity = -2,
     .flags = Flag::write | Flag::fast,
     .categories = Category::fast | Category::keyspace | Category::write,
     .keys = keys(range(1, -1, 1, KeyFlag::rm | KeyFlag::deletes)),
     .handler = del,
     .group = "generic",
     .syntax = "key [key ...]",
     .summary = "Deletes keys and frees their values in the background.",
     .complexity = "O(N) where N is the number of keys, whatever the size of their values.",
     .since = "4.0.0",
     .tips = "request_policy:multi_shard,response_policy:agg_sum"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> generic_commands() {
  return specs;
}

}  // namespace duplex::commands
