// Values as bytes that another server understands: DUMP, RESTORE.
#include "base/buffer.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "rdb/dump.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace duplex::commands {

namespace {

using store::Table;

void dump(CommandContext& ctx) {
  const store::Entry* entry = ctx.read(ctx.key());
  if (entry == nullptr) return ctx.reply().null();
  base::Buffer payload;
  rdb::append_dump(payload, *entry, true);
  ctx.reply().bulk(payload.view());
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  std::optional<std::int64_t> idle_s;
  // Checked and otherwise ignored: entries keep one clock, and no counter beside it.
  std::optional<std::int64_t> frequency;
};

// Answers the error itself if the options are wrong.
std::optional<RestoreOptions> restore_options(CommandContext& ctx) {
  constexpr std::int64_t frequency_max = 255;
  RestoreOptions options;
  for (std::size_t i = 4; i < ctx.argc(); ++i) {
    const bool has_value = i + 1 < ctx.argc();
    if (base::equals_ignoring_case(ctx.arg(i), "replace")) {
      options.replace = true;
    } else if (base::equals_ignoring_case(ctx.arg(i), "absttl")) {
      options.absolute = true;
    } else if (base::equals_ignoring_case(ctx.arg(i), "idletime") && has_value &&
               !options.frequency) {
      options.idle_s = ctx.integer_arg(++i);
      if (!options.idle_s) return std::nullopt;
      if (*options.idle_s < 0) {
        ctx.error("ERR Invalid IDLETIME value, must be >= 0");
        return std::nullopt;
      }
    } else if (base::equals_ignoring_case(ctx.arg(i), "freq") && has_value && !options.idle_s) {
      options.frequency = ctx.integer_arg(++i);
      if (!options.frequency) return std::nullopt;
      if (*options.frequency < 0 || *options.frequency > frequency_max) {
        ctx.error("ERR Invalid FREQ value, must be >= 0 and <= 255");
        return std::nullopt;
      }
    } else {
      ctx.error(errors::syntax);
      return std::nullopt;
    }
  }
  return options;
}

// The time in argument 2, in milliseconds since 1970; no_expiry for 0. Answers the error itself.
std::optional<std::int64_t> restore_expiry(CommandContext& ctx, bool absolute) {
  const auto ttl_ms = ctx.integer_arg(2);
  if (!ttl_ms) return std::nullopt;
  if (*ttl_ms < 0) {
    ctx.error("ERR Invalid TTL value, must be >= 0");
    return std::nullopt;
  }
  if (*ttl_ms == 0) return store::no_expiry;
  const std::int64_t base_ms = absolute ? 0 : ctx.now_ms();
  return std::min(*ttl_ms, store::no_expiry - 1 - base_ms) + base_ms;
}

void restore(CommandContext& ctx) {
  const auto options = restore_options(ctx);
  if (!options) return;
  const store::HashedKey& key = ctx.key();
  const Table::Position at = ctx.find(key);
  if (at && !options->replace) return ctx.error("BUSYKEY Target key name already exists.");
  const auto expiry_ms = restore_expiry(ctx, options->absolute);
  if (!expiry_ms) return;
  auto entry = rdb::read_dump(ctx.arg(3), key.key, *expiry_ms);
  if (!entry)
    return ctx.error(entry.error() == rdb::DumpError::bad_format
                         ? "ERR Bad data format"
                         : "ERR DUMP payload version or checksum are wrong");
  if (*expiry_ms <= ctx.now_ms()) {
    if (at) {
      ctx.erase(key, at);
      ctx.changed(key, Event::generic, "del");
      ctx.effect({"DEL", key.key});
    }
    return ctx.reply().ok();
  }
  const Table::Position put = ctx.put_anew(ctx.database(), key, at, std::move(*entry));
  if (options->idle_s)
    put.entry()->touch(
        static_cast<std::uint32_t>((ctx.now_ms() / 1000 - *options->idle_s) & 0xffffff));
  ctx.changed(key, Event::generic, "restore");
  const std::int64_t logged_ms = *expiry_ms == store::no_expiry ? 0 : *expiry_ms;
  ctx.effect(
      {"RESTORE", key.key, ctx.keep(std::to_string(logged_ms)), ctx.arg(3), "REPLACE", "ABSTTL"});
  ctx.reply().ok();
}

constexpr std::string_view complexity =
    "O(1) to find the key and O(N*M) for its value, where N is the number of its elements and M "
    "their average size";

constexpr CommandSpec specs[] = {
    {.name = "DUMP",
     .arity = 2,
     .flags = Flag::readonly,
     .categories = Category::keyspace | Category::read | Category::slow,
     .keys = keys(range(1, 0, 1, KeyFlag::ro | KeyFlag::access)),
     .handler = dump,
     .group = "generic",
     .syntax = "key",
     .summary = "Returns a key's value as bytes that RESTORE takes.",
     .complexity = complexity,
     .since = "2.6.0",
     .tips = "nondeterministic_output"},
    {.name = "RESTORE",
     .arity = -4,
     .flags = Flag::write | Flag::denyoom,
     .categories = Category::dangerous | Category::keyspace | Category::slow | Category::write,
     .keys = keys(range(1, 0, 1, KeyFlag::ow | KeyFlag::update)),
     .handler = restore,
     .group = "generic",
     .syntax = "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
     .summary = "Makes a key of the bytes that DUMP returned.",
     .complexity = complexity,
     .since = "2.6.0",
     .history = "3.0.0: Added the `REPLACE` modifier. // 5.0.0: Added the `ABSTTL` modifier. // "
                "5.0.0: Added the `IDLETIME` and `FREQ` options."},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> dump_commands() {
  return specs;
}

}  // namespace duplex::commands
