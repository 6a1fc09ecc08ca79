// Strings as bitmaps: BITCOUNT, BITOP, BITPOS, GETBIT and SETBIT.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/bit_offset.h"
#include "commands/bit_string.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/index_range.h"
#include "commands/string_values.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Table;

// Whether a range counts in bits; nothing if the word is neither BIT nor BYTE.
std::optional<bool> counts_bits(std::string_view unit) {
  if (base::equals_ignoring_case(unit, "BIT")) return true;
  if (base::equals_ignoring_case(unit, "BYTE")) return false;
  return std::nullopt;
}

// The bits of a range of bytes.
std::optional<IndexRange> in_bits(std::optional<IndexRange> range, bool already) {
  if (!range || already) return range;
  return IndexRange{range->first * 8, range->count * 8};
}

void bitcount(CommandContext& ctx) {
  std::int64_t start = 0;
  std::int64_t end = -1;
  bool by_bit = false;
  if (ctx.argc() > 5) return ctx.error(errors::syntax);
  if (ctx.argc() > 2) {
    const auto number = ctx.integer_arg(2);
    if (!number) return;
    start = *number;
  }
  if (ctx.argc() > 3) {
    const auto number = ctx.integer_arg(3);
    if (!number) return;
    end = *number;
  }
  if (ctx.argc() > 4) {
    const auto unit = counts_bits(ctx.arg(4));
    if (!unit) return ctx.error(errors::syntax);
    by_bit = *unit;
  }
  Entry* entry = nullptr;
  if (!ctx.read_string(ctx.key(), entry)) return;
  if (entry == nullptr) return ctx.reply().integer(0);
  char scratch[base::int64_digits_max];
  const std::string_view bytes = entry->text(scratch);
  const std::size_t size = by_bit ? bytes.size() * 8 : bytes.size();
  const auto bits = in_bits(ordered_range(start, end, size), by_bit);
  ctx.reply().integer(bits ? static_cast<std::int64_t>(count_ones(bytes, *bits)) : 0);
}

void bitpos(CommandContext& ctx) {
  const auto wanted = ctx.integer_arg(2);
  if (!wanted) return;
  if (*wanted != 0 && *wanted != 1) return ctx.error("ERR The bit argument must be 1 or 0.");
  const bool value = *wanted == 1;
  std::int64_t start = 0;
  std::int64_t end = -1;
  bool by_bit = false;
  if (ctx.argc() > 6) return ctx.error(errors::syntax);
  if (ctx.argc() > 3) {
    const auto number = ctx.integer_arg(3);
    if (!number) return;
    start = *number;
  }
  if (ctx.argc() > 5) {
    const auto unit = counts_bits(ctx.arg(5));
    if (!unit) return ctx.error(errors::syntax);
    by_bit = *unit;
  }
  if (ctx.argc() > 4) {
    const auto number = ctx.integer_arg(4);
    if (!number) return;
    end = *number;
  }
  Entry* entry = nullptr;
  if (!ctx.read_string(ctx.key(), entry)) return;
  if (entry == nullptr) return ctx.reply().integer(value ? -1 : 0);
  char scratch[base::int64_digits_max];
  const std::string_view bytes = entry->text(scratch);
  const std::size_t size = by_bit ? bytes.size() * 8 : bytes.size();
  const auto bits = in_bits(clamped_range(start, end, size), by_bit);
  if (!bits) return ctx.reply().integer(-1);
  const std::size_t found = find_bit(bytes, value, *bits);
  // Behind a string there are zeros without end, but not behind a range that was given an end.
  const bool nowhere = found == bits->first + bits->count && (value || ctx.argc() > 4);
  ctx.reply().integer(nowhere ? -1 : static_cast<std::int64_t>(found));
}

std::optional<BitOperation> parse_operation(std::string_view word) {
  if (base::equals_ignoring_case(word, "AND")) return BitOperation::conjunction;
  if (base::equals_ignoring_case(word, "OR")) return BitOperation::disjunction;
  if (base::equals_ignoring_case(word, "XOR")) return BitOperation::exclusive;
  if (base::equals_ignoring_case(word, "NOT")) return BitOperation::negation;
  return std::nullopt;
}

// Whether the target can take a result of this size in the memory it has. Not if it is a source
// too: then it would change while it is read.
bool can_be_overwritten(CommandContext& ctx, Table::Position target, std::size_t size) {
  if (!target) return false;
  const Entry& entry = *target.entry();
  if (entry.type() != store::ValueType::string || entry.is_integer() || entry.has_expiry() ||
      entry.text_size() != size)
    return false;
  for (std::size_t i = 1; i < ctx.key_count(); ++i)
    if (ctx.key(i).key == ctx.key().key) return false;
  return true;
}

void store_combined(CommandContext& ctx,
                    BitOperation operation,
                    std::span<const std::string_view> sources,
                    std::size_t size) {
  const store::HashedKey& target = ctx.key();
  Table::Position at = ctx.find(target);
  if (can_be_overwritten(ctx, at, size)) {
    combine_bits(operation, sources, {writable_string(ctx, target, at, size), size});
    return;
  }
  store::EntryPtr result = make_zeros(target.key, size, store::no_expiry);
  combine_bits(operation, sources, {result->grow_in_place(size), size});
  ctx.put(target, at, std::move(result));
}

void bitop(CommandContext& ctx) {
  const auto operation = parse_operation(ctx.arg(1));
  if (!operation) return ctx.error(errors::syntax);
  if (*operation == BitOperation::negation && ctx.argc() != 4)
    return ctx.error("ERR BITOP NOT must be called with a single source key.");
  for (std::size_t i = 1; i < ctx.key_count(); ++i) {
    Entry* entry = nullptr;
    if (!ctx.read_string(ctx.key(i), entry)) return;
  }
  // In a second round, because reading a key may have removed another one that had ended.
  const std::size_t count = ctx.key_count() - 1;
  std::vector<std::array<char, base::int64_digits_max>> scratch(count);
  std::vector<std::string_view> sources(count);
  std::size_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (const Entry* entry = ctx.peek(ctx.key(i + 1))) sources[i] = entry->text(scratch[i].data());
    size = std::max(size, sources[i].size());
  }
  const store::HashedKey& target = ctx.key();
  if (size == 0) {
    if (const Table::Position at = ctx.find(target)) {
      ctx.erase(target, at);
      ctx.changed(target, Event::generic, "del");
      ctx.effect({"DEL", target.key});
    }
    return ctx.reply().integer(0);
  }
  store_combined(ctx, *operation, sources, size);
  ctx.changed(target, Event::string, "set");
  ctx.reply().integer(static_cast<std::int64_t>(size));
}

void getbit(CommandContext& ctx) {
  const auto offset = bit_offset_arg(ctx, ctx.arg(2));
  if (!offset) return;
  Entry* entry = nullptr;
  if (!ctx.read_string(ctx.key(), entry)) return;
  char scratch[base::int64_digits_max];
  const std::string_view bytes = entry == nullptr ? std::string_view() : entry->text(scratch);
  ctx.reply().integer(static_cast<std::int64_t>(read_bits(bytes, *offset, 1)));
}

void setbit(CommandContext& ctx) {
  const auto offset = bit_offset_arg(ctx, ctx.arg(2));
  if (!offset) return;
  const auto bit = base::parse_int64(ctx.arg(3));
  if (!bit || (*bit & ~std::int64_t{1}) != 0)
    return ctx.error("ERR bit is not an integer or out of range");
  const store::HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_string(key, at)) return;
  char scratch[base::int64_digits_max];
  const std::string_view bytes = at ? at.entry()->text(scratch) : std::string_view();
  const auto value = static_cast<std::uint64_t>(*bit);
  const std::uint64_t old = read_bits(bytes, *offset, 1);
  const std::size_t size = std::max<std::size_t>(bytes.size(), *offset / 8 + 1);
  const bool is_change = old != value || size != bytes.size();
  // Even a bit that is set to what it was leaves the string in its modifiable form, as in Redis.
  write_bits(writable_string(ctx, key, at, size), *offset, 1, value);
  if (is_change) ctx.changed(key, Event::string, "setbit");
  ctx.reply().integer(static_cast<std::int64_t>(old));
}

constexpr CommandSpec specs[] = {
    {.name = "BITCOUNT",
     .arity = -2,
     .flags = Flag::readonly,
     .categories = Category::bitmap | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = bitcount,
     .group = "bitmap",
     .syntax = "key [start [end [BYTE|BIT]]]",
     .summary = "Counts the bits that are 1 in a string, or in a range of it.",
     .complexity = "O(N)",
     .since = "2.6.0",
     .history = "7.0.0: Added the `BYTE|BIT` option. // 8.0.0: `end` made optional; when called "
                "without argument the command reports the last BYTE."},
    {.name = "BITOP",
     .arity = -4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::bitmap | Category::slow | Category::write,
     .keys = keys(range(2, 0, 1, KeyFlag::ow | KeyFlag::update),
                  range(3, -1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = bitop,
     .group = "bitmap",
     .syntax = "<AND|OR|XOR|NOT> destkey key [key ...]",
     .summary = "Combines the bits of several strings and stores the result.",
     .complexity = "O(N)",
     .since = "2.6.0"},
    {.name = "BITPOS",
     .arity = -3,
     .flags = Flag::readonly,
     .categories = Category::bitmap | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = bitpos,
     .group = "bitmap",
     .syntax = "key bit [start [end [BYTE|BIT]]]",
     .summary = "Finds the first 1 or 0 in a string.",
     .complexity = "O(N)",
     .since = "2.8.7",
     .history = "7.0.0: Added the `BYTE|BIT` option."},
    {.name = "GETBIT",
     .arity = 3,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::bitmap | Category::fast | Category::read,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = getbit,
     .group = "bitmap",
     .syntax = "key offset",
     .summary = "Returns one bit of a string.",
     .complexity = "O(1)",
     .since = "2.2.0"},
    {.name = "SETBIT",
     .arity = 4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::bitmap | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::update)),
     .handler = setbit,
     .group = "bitmap",
     .syntax = "key offset value",
     .summary = "Sets or clears one bit of a string; makes the key if it is missing.",
     .complexity = "O(1)",
     .since = "2.2.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> bitmap_commands() {
  return specs;
}

}  // namespace duplex::commands
