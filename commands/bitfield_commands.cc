// Strings as arrays of small integers: BITFIELD and BITFIELD_RO.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/bit_offset.h"
#include "commands/bit_string.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/string_values.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

using store::Entry;
using store::Table;
__extension__ typedef __int128 WideInteger;

enum class Overflow : std::uint8_t { wrap, saturate, fail };

// "i16" or "u8".
struct IntegerType {
  bool is_signed;
  unsigned width;

  WideInteger min() const { return is_signed ? -(WideInteger{1} << (width - 1)) : 0; }
  WideInteger max() const { return (WideInteger{1} << (is_signed ? width - 1 : width)) - 1; }
  // The lowest bits of a number, read as this type.
  std::int64_t from_bits(std::uint64_t bits) const {
    const unsigned unused = 64 - width;
    if (!is_signed) return static_cast<std::int64_t>(bits << unused >> unused);
    return static_cast<std::int64_t>(bits << unused) >> unused;
  }
};

struct Operation {
  enum class Kind : std::uint8_t { get, set, add };

  Kind kind;
  Overflow overflow;
  IntegerType type;
  std::uint64_t offset;
  std::int64_t operand = 0;
};

std::optional<IntegerType> parse_type(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const auto width = base::parse_int64(text.substr(1));
  if (!width || *width < 1 || *width > (is_signed ? 64 : 63)) return std::nullopt;
  return IntegerType{is_signed, static_cast<unsigned>(*width)};
}

std::optional<Overflow> parse_overflow(std::string_view word) {
  if (base::equals_ignoring_case(word, "WRAP")) return Overflow::wrap;
  if (base::equals_ignoring_case(word, "SAT")) return Overflow::saturate;
  if (base::equals_ignoring_case(word, "FAIL")) return Overflow::fail;
  return std::nullopt;
}

std::optional<Operation::Kind> parse_kind(std::string_view word, std::size_t args_behind) {
  if (base::equals_ignoring_case(word, "GET") && args_behind >= 2) return Operation::Kind::get;
  if (base::equals_ignoring_case(word, "SET") && args_behind >= 3) return Operation::Kind::set;
  if (base::equals_ignoring_case(word, "INCRBY") && args_behind >= 3) return Operation::Kind::add;
  return std::nullopt;
}

// All operations, so that nothing is done if one is wrong; answers the error itself.
std::optional<std::vector<Operation>> parse(CommandContext& ctx) {
  std::vector<Operation> operations;
  Overflow overflow = Overflow::wrap;
  for (std::size_t i = 2; i < ctx.argc(); ++i) {
    const std::size_t args_behind = ctx.argc() - i - 1;
    if (base::equals_ignoring_case(ctx.arg(i), "OVERFLOW") && args_behind >= 1) {
      const auto chosen = parse_overflow(ctx.arg(++i));
      if (!chosen) {
        ctx.error("ERR Invalid OVERFLOW type specified");
        return std::nullopt;
      }
      overflow = *chosen;
      continue;
    }
    const auto kind = parse_kind(ctx.arg(i), args_behind);
    if (!kind) {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
    const auto type = parse_type(ctx.arg(++i));
    if (!type) {
      ctx.error(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported "
          "but i64 is.");
      return std::nullopt;
    }
    const auto offset = bit_offset_arg(ctx, ctx.arg(++i), type->width);
    if (!offset) return std::nullopt;
    Operation operation{*kind, overflow, *type, *offset};
    if (*kind != Operation::Kind::get) {
      const auto operand = ctx.integer_arg(++i);
      if (!operand) return std::nullopt;
      operation.operand = *operand;
    }
    operations.push_back(operation);
  }
  return operations;
}

// Redis measures the distance to the largest value in 64 bits: a value so far below the smallest
// one that this wraps saturates to the largest one when it is set, and clients see that.
bool seems_above(const Operation& operation, WideInteger value) {
  return operation.kind == Operation::Kind::set && operation.type.width < 64 &&
         operation.type.max() - value > std::numeric_limits<std::int64_t>::max();
}

// The value an operation leaves; nothing if it overflows and has to fail.
std::optional<std::int64_t> result(const Operation& operation, std::int64_t old) {
  const IntegerType& type = operation.type;
  WideInteger exact = operation.operand;
  if (operation.kind == Operation::Kind::add)
    exact += old;
  else if (!type.is_signed)
    exact = static_cast<std::uint64_t>(operation.operand);  // a negative one is a large one
  if (exact >= type.min() && exact <= type.max()) return static_cast<std::int64_t>(exact);
  switch (operation.overflow) {
    case Overflow::wrap:
      return type.from_bits(static_cast<std::uint64_t>(exact));
    case Overflow::saturate:
      return static_cast<std::int64_t>(
          exact < type.min() && !seems_above(operation, exact) ? type.min() : type.max());
    case Overflow::fail:
      break;
  }
  return std::nullopt;
}

void read_all(CommandContext& ctx, std::span<const Operation> operations) {
  Entry* entry = nullptr;
  if (!ctx.read_string(ctx.key(), entry)) return;
  char scratch[base::int64_digits_max];
  const std::string_view bytes = entry == nullptr ? std::string_view() : entry->text(scratch);
  ctx.reply().array(operations.size());
  for (const Operation& operation : operations)
    ctx.reply().integer(
        operation.type.from_bits(read_bits(bytes, operation.offset, operation.type.width)));
}

void run_all(CommandContext& ctx, std::span<const Operation> operations) {
  const store::HashedKey& key = ctx.key();
  Table::Position at;
  if (!ctx.find_string(key, at)) return;
  const std::size_t old_size = at ? at.entry()->text_size() : 0;
  // Room for everything that is written, even if it will fail.
  std::size_t size = old_size;
  for (const Operation& operation : operations)
    if (operation.kind != Operation::Kind::get)
      size = std::max<std::size_t>(size, (operation.offset + operation.type.width - 1) / 8 + 1);
  char* bytes = writable_string(ctx, key, at, size);
  bool is_changed = size != old_size;
  ctx.reply().array(operations.size());
  for (const Operation& operation : operations) {
    const IntegerType& type = operation.type;
    const std::int64_t old = type.from_bits(read_bits({bytes, size}, operation.offset, type.width));
    if (operation.kind == Operation::Kind::get) {
      ctx.reply().integer(old);
      continue;
    }
    const std::optional<std::int64_t> value = result(operation, old);
    if (!value) {
      ctx.reply().null();
      continue;
    }
    write_bits(bytes, operation.offset, type.width, static_cast<std::uint64_t>(*value));
    is_changed |= *value != old;
    ctx.reply().integer(operation.kind == Operation::Kind::set ? old : *value);
  }
  if (is_changed) ctx.changed(key, Event::string, "setbit");
}

bool only_reads(std::span<const Operation> operations) {
  return std::all_of(operations.begin(), operations.end(), [](const Operation& operation) {
    return operation.kind == Operation::Kind::get;
  });
}

void bitfield(CommandContext& ctx) {
  const auto operations = parse(ctx);
  if (!operations) return;
  if (only_reads(*operations))
    read_all(ctx, *operations);
  else
    run_all(ctx, *operations);
}

void bitfield_ro(CommandContext& ctx) {
  const auto operations = parse(ctx);
  if (!operations) return;
  if (!only_reads(*operations))
    return ctx.error("ERR BITFIELD_RO only supports the GET subcommand");
  read_all(ctx, *operations);
}

constexpr CommandSpec specs[] = {
    {.name = "BITFIELD",
     .arity = -2,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::bitmap | Category::slow | Category::write,
     .keys = keys(
         range(1, 0, 1, KeyFlag::rw | KeyFlag::update | KeyFlag::access | KeyFlag::variable_flags)),
     .handler = bitfield,
     .group = "bitmap",
     .syntax = "key [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] <SET encoding offset value|"
               "INCRBY encoding offset increment> [GET encoding offset|[OVERFLOW WRAP|SAT|FAIL] "
               "<SET encoding offset value|INCRBY encoding offset increment> ...]]",
     .summary = "Reads and changes integers of any width within a string.",
     .complexity = "O(1) for each subcommand specified",
     .since = "3.2.0"},
    {.name = "BITFIELD_RO",
     .arity = -2,
     .flags = Flag::readonly | Flag::fast,
     .categories = Category::bitmap | Category::fast | Category::read,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = bitfield_ro,
     .group = "bitmap",
     .syntax = "key [GET encoding offset [GET encoding offset ...]]",
     .summary = "Reads integers of any width within a string.",
     .complexity = "O(1) for each subcommand specified",
     .since = "6.0.0"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> bitfield_commands() {
  return specs;
}

}  // namespace duplex::commands
