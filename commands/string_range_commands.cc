// Parts of strings: APPEND, GETRANGE, SETRANGE, STRLEN and SUBSTR.
#include "base/numbers.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/index_range.h"
#include "commands/string_values.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Table;

void append(CommandContext& ctx) {
  const store::HashedKey& key = ctx.key();
  const std::string_view added = ctx.arg(2);
  Table::Position at;
  if (!ctx.find_string(key, at)) return;
  const std::size_t old_size = at ? at.entry()->text_size() : 0;
  if (at) {
    if (!check_string_size(ctx, old_size, added.size())) return;
    char* bytes = writable_string(ctx, key, at, old_size + added.size());
    if (!added.empty()) std::memcpy(bytes + old_size, added.data(), added.size());
  } else {
    put_string(ctx, key, at, added, store::no_expiry);
  }
  ctx.changed(key, Event::string, "append");
  ctx.reply().integer(static_cast<std::int64_t>(old_size + added.size()));
}

void getrange(CommandContext& ctx) {
  const auto start_arg = ctx.integer_arg(2);
  if (!start_arg) return;
  const auto end_arg = ctx.integer_arg(3);
  if (!end_arg) return;
  Entry* entry = nullptr;
  if (!ctx.read_string(ctx.key(), entry)) return;
  if (entry == nullptr) return ctx.reply().bulk("");
  char scratch[base::int64_digits_max];
  const std::string_view text = entry->text(scratch);
  const auto part = ordered_range(*start_arg, *end_arg, text.size());
  ctx.reply().bulk(part ? text.substr(part->first, part->count) : std::string_view());
}

void setrange(CommandContext& ctx) {
  const auto offset = ctx.integer_arg(2);
  if (!offset) return;
  if (*offset < 0) return ctx.error("ERR offset is out of range");
  const store::HashedKey& key = ctx.key();
  const std::string_view value = ctx.arg(3);
  Table::Position at;
  if (!ctx.find_string(key, at)) return;
  const std::size_t old_size = at ? at.entry()->text_size() : 0;
  if (value.empty()) return ctx.reply().integer(static_cast<std::int64_t>(old_size));
  const auto start = static_cast<std::size_t>(*offset);
  if (!check_string_size(ctx, start, value.size())) return;
  const std::size_t size = std::max(old_size, start + value.size());
  std::memcpy(writable_string(ctx, key, at, size) + start, value.data(), value.size());
  ctx.changed(key, Event::string, "setrange");
  ctx.reply().integer(static_cast<std::int64_t>(size));
}

void string_length(CommandContext& ctx) {
  Entry* entry = nullptr;
  if (!ctx.read_string(ctx.key(), entry)) return;
  ctx.reply().integer(entry == nullptr ? 0 : static_cast<std::int64_t>(entry->text_size()));
}

constexpr CommandSpec specs[] = {
    {.name = "APPEND",
     .arity = 3,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = append,
     .group = "string",
     .syntax = "key value",
     .summary = "Adds bytes to the end of a key's string value; makes the key if it is missing.",
     .complexity = "O(1)",
     .since = "2.0.0"},
    {.name = "GETRANGE",
     .arity = 4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::string,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = getrange,
     .group = "string",
     .syntax = "key start end",
     .summary = "Returns a part of a key's string value.",
     .complexity = "O(N) where N is the length of the returned string",
     .since = "2.4.0"},
    {.name = "SETRANGE",
     .arity = 4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::slow | Category::string | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::update)),
     .handler = setrange,
     .group = "string",
     .syntax = "key offset value",
     .summary = "Overwrites a part of a key's string value, with zero bytes before it if need be.",
     .complexity = "O(1), not counting the time taken to copy the new string in place",
     .since = "2.2.0"},
    {.name = "STRLEN",
     .arity = 2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::fast | Category::read | Category::string,
     .keys = keys(range(1, 0, 1, KeyFlag::ro)),
     .handler = string_length,
     .group = "string",
     .syntax = "key",
     .summary = "Returns the length of a key's string value.",
     .complexity = "O(1)",
     .since = "2.2.0"},
    {.name = "SUBSTR",
     .arity = 4,
     .flags = Flag::readonly,
     .categories = Category::read | Category::slow | Category::string,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = getrange,
     .group = "string",
     .syntax = "key start end",
     .summary = "Returns a part of a key's string value.",
     .complexity = "O(N) where N is the length of the returned string",
     .since = "1.0.0",
     .deprecated_since = "2.0.0",
     .replaced_by = "`GETRANGE`"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> string_range_commands() {
  return specs;
}

}  // namespace duplex::commands
