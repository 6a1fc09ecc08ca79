// Estimates of how many elements there are: PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST.
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/hyperloglog.h"
#include "commands/string_values.h"
#include "store/packed_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace duplex::commands {

namespace {

using store::Entry;
using store::HashedKey;
using store::Table;

constexpr std::string_view not_one = "WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr std::string_view damaged = "INVALIDOBJ Corrupted HLL object detected";

std::size_t sparse_bytes_max() {
  return static_cast<std::size_t>(
      store::packed_limits().hll_sparse_bytes.load(std::memory_order_relaxed));
}

// The bytes of a HyperLogLog; answers the error itself if the entry is none.
std::optional<std::string_view> bytes_of(CommandContext& ctx, const Entry& entry) {
  if (!entry.is_string()) {
    ctx.error(errors::wrong_type);
    return std::nullopt;
  }
  char scratch[base::int64_digits_max];
  const std::string_view bytes = entry.is_integer() ? std::string_view() : entry.text(scratch);
  if (HyperLogLog::has_header(bytes)) return bytes;
  ctx.error(not_one);
  return std::nullopt;
}

// Puts bytes in the place of what is there.
void put_bytes(CommandContext& ctx,
               const HashedKey& key,
               Table::Position at,
               std::string_view bytes) {
  if (at && at.entry()->text_size() <= bytes.size()) {
    char* const there = writable_string(ctx, key, at, bytes.size());
    std::memcpy(there, bytes.data(), bytes.size());
    return;
  }
  const std::int64_t expiry_ms = at ? at.entry()->expiry_ms() : store::no_expiry;
  ctx.put(key, at, Entry::make_raw(key.key, bytes, bytes.size(), expiry_ms));
}

void say_added(CommandContext& ctx) {
  ctx.changed(ctx.key(), Event::string, "pfadd");
}

// Adds the arguments where the registers are.
void add_dense(CommandContext& ctx, Table::Position at) {
  const std::span elements = ctx.args().subspan(2);
  char* const bytes = writable_string(ctx, ctx.key(), at, HyperLogLog::dense_bytes);
  std::uint64_t raised = 0;
  for (const std::string_view element : elements)
    raised += HyperLogLog::raise_dense(bytes, HyperLogLog::mark_of(element)) ? 1 : 0;
  if (raised != 0) {
    HyperLogLog::forget_count(bytes);
    say_added(ctx);
    ctx.count_changes(raised);
  }
  ctx.reply().integer(raised != 0 ? 1 : 0);
}

void pfadd(CommandContext& ctx) {
  const Table::Position at = ctx.find(ctx.key());
  HyperLogLog log;
  std::uint64_t raised = at ? 0 : 1;
  if (at) {
    const auto bytes = bytes_of(ctx, *at.entry());
    if (!bytes) return;
    if (HyperLogLog::is_dense(*bytes)) return add_dense(ctx, at);
    log = HyperLogLog(*bytes);
  }
  for (const std::string_view element : ctx.args().subspan(2)) {
    const auto changed = log.raise(HyperLogLog::mark_of(element), sparse_bytes_max());
    if (!changed) return ctx.error(damaged);
    raised += *changed ? 1 : 0;
  }
  if (raised != 0) {
    HyperLogLog::forget_count(log.data());
    put_bytes(ctx, ctx.key(), at, log.bytes());
    say_added(ctx);
    ctx.count_changes(raised);
  }
  ctx.reply().integer(raised != 0 ? 1 : 0);
}

// Raises registers to those of some keys. Answers the error itself and returns false then.
bool merge_keys(CommandContext& ctx, HyperLogLog::Registers& registers, bool& any_dense) {
  for (std::size_t i = 0; i < ctx.key_count(); ++i) {
    const Entry* entry = ctx.read(ctx.key(i));
    if (entry == nullptr) continue;
    const auto bytes = bytes_of(ctx, *entry);
    if (!bytes) return false;
    if (HyperLogLog::is_dense(*bytes)) any_dense = true;
    if (!HyperLogLog::merge(*bytes, registers)) {
      ctx.error(damaged);
      return false;
    }
  }
  return true;
}

// The count is kept with the registers. Computing it again gives the same, so keeping it is not
// logged.
void pfcount(CommandContext& ctx) {
  if (ctx.key_count() > 1) {
    HyperLogLog::Registers registers{};
    bool any_dense = false;
    if (!merge_keys(ctx, registers, any_dense)) return;
    return ctx.reply().integer(static_cast<std::int64_t>(HyperLogLog::count(registers)));
  }
  const Entry* entry = ctx.read(ctx.key());
  if (entry == nullptr) return ctx.reply().integer(0);
  const auto bytes = bytes_of(ctx, *entry);
  if (!bytes) return;
  auto count = HyperLogLog::cached_count(*bytes);
  if (!count) {
    count = HyperLogLog::count(*bytes);
    if (!count) return ctx.error(damaged);
    Table::Position at = ctx.find(ctx.key());
    HyperLogLog::cache_count(writable_string(ctx, ctx.key(), at, bytes->size()), *count);
    // The bytes of the value are others now, so those who watch the key are told, as in Redis.
    ctx.changed(ctx.key(), Event{}, {});
    ctx.no_effect();
  }
  ctx.reply().integer(static_cast<std::int64_t>(*count));
}

void pfmerge(CommandContext& ctx) {
  HyperLogLog::Registers registers{};
  bool any_dense = false;
  if (!merge_keys(ctx, registers, any_dense)) return;
  const Table::Position at = ctx.find(ctx.key());
  HyperLogLog log;
  if (at) {
    const auto bytes = bytes_of(ctx, *at.entry());
    if (!bytes) return;
    log = HyperLogLog(*bytes);
  }
  if (any_dense && !log.make_dense()) return ctx.error(damaged);
  for (std::size_t index = 0; index < registers.size(); ++index) {
    if (registers[index] == 0) continue;
    if (!log.raise({index, registers[index]}, sparse_bytes_max())) return ctx.error(damaged);
  }
  HyperLogLog::forget_count(log.data());
  put_bytes(ctx, ctx.key(), at, log.bytes());
  say_added(ctx);
  ctx.reply().ok();
}

// Makes the registers dense; answers the error itself and returns false if they are damaged.
bool make_dense(CommandContext& ctx, Table::Position at, std::string_view bytes) {
  if (HyperLogLog::is_dense(bytes)) return true;
  HyperLogLog log(bytes);
  if (!log.make_dense()) {
    ctx.error(damaged);
    return false;
  }
  put_bytes(ctx, ctx.key(), at, log.bytes());
  // Nobody is told but those who watch the key and the log.
  ctx.changed(ctx.key(), Event{}, {});
  return true;
}

void debug_registers(CommandContext& ctx, Table::Position at, std::string_view bytes) {
  const auto registers = std::make_unique<HyperLogLog::Registers>();
  const bool whole = HyperLogLog::merge(bytes, *registers);
  if (!make_dense(ctx, at, bytes)) return;
  if (!whole) return ctx.error(damaged);
  ctx.reply().array(registers->size());
  for (const std::uint8_t value : *registers)
    ctx.reply().integer(value);
}

void debug_decode(CommandContext& ctx, std::string_view bytes) {
  if (HyperLogLog::is_dense(bytes)) return ctx.error("ERR HLL encoding is not sparse");
  ctx.reply().bulk(HyperLogLog::describe(bytes));
}

void pfdebug(CommandContext& ctx) {
  const std::string_view name = ctx.arg(1);
  const Table::Position at = ctx.find(ctx.key());
  if (!at) return ctx.error("ERR The specified key does not exist");
  const auto bytes = bytes_of(ctx, *at.entry());
  if (!bytes) return;
  const bool is_dense = HyperLogLog::is_dense(*bytes);
  if (base::equals_ignoring_case(name, "getreg")) {
    debug_registers(ctx, at, *bytes);
  } else if (base::equals_ignoring_case(name, "decode")) {
    debug_decode(ctx, *bytes);
  } else if (base::equals_ignoring_case(name, "encoding")) {
    ctx.reply().status(is_dense ? "dense" : "sparse");
  } else if (base::equals_ignoring_case(name, "todense")) {
    if (make_dense(ctx, at, *bytes)) ctx.reply().integer(is_dense ? 0 : 1);
  } else {
    ctx.error(fmt::format("ERR Unknown PFDEBUG subcommand '{}'", errors::shown(name)));
  }
}

// Whether every register keeps what is put into it and leaves the others alone.
bool registers_work(base::Random& random) {
  HyperLogLog log;
  log.make_dense();
  const auto expected = std::make_unique<HyperLogLog::Registers>();
  constexpr int rounds = 4;
  for (std::size_t i = 0; i < rounds * HyperLogLog::register_count; ++i) {
    const std::size_t index = random.below(HyperLogLog::register_count);
    const auto value = static_cast<std::uint8_t>(random.below(64));
    const bool higher = value > (*expected)[index];
    if (HyperLogLog::raise_dense(log.data(), {index, value}) != higher) return false;
    if (higher) (*expected)[index] = value;
  }
  const auto found = std::make_unique<HyperLogLog::Registers>();
  return HyperLogLog::merge(log.bytes(), *found) && *found == *expected;
}

// Whether both forms give the same count for the same elements, near the true one.
bool counts_work(base::Random& random) {
  constexpr std::uint64_t elements = 10'000;
  // Several times the standard error of 1.04 / sqrt(16384).
  constexpr double error_max = 0.05;
  HyperLogLog sparse;
  HyperLogLog dense;
  dense.make_dense();
  std::uint64_t next_checked = 1;
  for (std::uint64_t i = 1; i <= elements; ++i) {
    const std::uint64_t number = random.next();
    const HyperLogLog::Mark mark =
        HyperLogLog::mark_of({reinterpret_cast<const char*>(&number), sizeof number});
    if (!sparse.raise(mark, HyperLogLog::dense_bytes)) return false;
    HyperLogLog::raise_dense(dense.data(), mark);
    if (i != next_checked) continue;
    next_checked *= 10;
    const auto count = HyperLogLog::count(dense.bytes());
    if (count != HyperLogLog::count(sparse.bytes())) return false;
    const double error = std::abs(static_cast<double>(*count) - static_cast<double>(i));
    if (error > std::max(1.0, error_max * static_cast<double>(i))) return false;
  }
  return true;
}

void pfselftest(CommandContext& ctx) {
  if (!registers_work(ctx.random())) return ctx.error("ERR TESTFAILED registers differ");
  if (!counts_work(ctx.random())) return ctx.error("ERR TESTFAILED counts differ");
  ctx.reply().ok();
}

constexpr CommandSpec specs[] = {
    {.name = "PFADD",
     .arity = -2,
     .flags = Flag::write | Flag::denyoom | Flag::fast,
     .categories = Category::fast | Category::hyperloglog | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::insert)),
     .handler = pfadd,
     .group = "hyperloglog",
     .syntax = "key [element [element ...]]",
     .summary = "Adds elements to a HyperLogLog, which is made if it does not exist.",
     .complexity = "O(1) for each element.",
     .since = "2.8.9"},
    {.name = "PFCOUNT",
     .arity = -2,
     .flags = Flag::readonly | Flag::may_replicate,
     .categories = Category::hyperloglog | Category::read | Category::slow,
     .keys = keys(range(1, -1, 1, KeyFlag::rw | KeyFlag::access)),
     .handler = pfcount,
     .group = "hyperloglog",
     .syntax = "key [key ...]",
     .summary = "Estimates how many different elements were added to HyperLogLogs.",
     .complexity = "O(1) for one key, O(N) for N keys, with a large constant factor.",
     .since = "2.8.9"},
    {.name = "PFDEBUG",
     .arity = 3,
     .flags = Flag::write | Flag::denyoom | Flag::admin,
     .categories = Category::admin | Category::dangerous | Category::hyperloglog | Category::slow |
                   Category::write,
     .keys = keys(range(2, 0, 1, KeyFlag::rw | KeyFlag::access)),
     .handler = pfdebug,
     .group = "hyperloglog",
     .syntax = "subcommand key",
     .summary = "Shows the registers of a HyperLogLog.",
     .complexity = "O(1)",
     .since = "2.8.9"},
    {.name = "PFMERGE",
     .arity = -2,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::hyperloglog | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::rw | KeyFlag::access | KeyFlag::insert),
                  range(2, -1, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = pfmerge,
     .group = "hyperloglog",
     .syntax = "destkey [sourcekey [sourcekey ...]]",
     .summary = "Makes a HyperLogLog of everything that was added to several.",
     .complexity = "O(N) for N keys, with a large constant factor.",
     .since = "2.8.9"},
    {.name = "PFSELFTEST",
     .arity = 1,
     .flags = Flag::admin,
     .categories = Category::admin | Category::dangerous | Category::hyperloglog | Category::slow,
     .handler = pfselftest,
     .group = "hyperloglog",
     .summary = "Checks that HyperLogLogs keep and count what they are given.",
     .complexity = "O(1)",
     .since = "2.8.9"},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> hyperloglog_commands() {
  return specs;
}

}  // namespace duplex::commands
