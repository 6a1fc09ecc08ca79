// HOTKEYS: a profile of the keys and shards that are used most.
#include "base/numbers.h"
#include "base/text.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/observation.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace duplex::commands {

namespace {

using base::equals_ignoring_case;

constexpr std::int64_t count_max = 64;
constexpr std::int64_t duration_s_max = 1'000'000;

// Reads the arguments of HOTKEYS START; answers the error itself.
class StartArguments {
 public:
  explicit StartArguments(CommandContext& ctx) : ctx_(ctx) {}

  bool read() {
    if (!read_metrics()) return false;
    while (at_ < ctx_.argc())
      if (!read_option()) return false;
    return true;
  }
  const HotKeysOptions& options() const { return options_; }

 private:
  bool fail(std::string_view text) {
    ctx_.error(text);
    return false;
  }
  bool is_word(std::string_view word) const { return equals_ignoring_case(ctx_.arg(at_), word); }

  bool read_number(std::size_t at,
                   std::int64_t min,
                   std::int64_t max,
                   std::string_view complaint,
                   std::int64_t& value) {
    const auto number = base::parse_int64(ctx_.arg(at));
    if (!number || *number < min || *number > max) return fail(complaint);
    value = *number;
    return true;
  }

  bool read_metrics() {
    if (ctx_.argc() < 4 || !equals_ignoring_case(ctx_.arg(2), "METRICS"))
      return fail("ERR METRICS parameter is required");
    std::int64_t count = 0;
    if (!read_number(3, 1, 2, "ERR METRICS count must be > 0 and <= 2", count)) return false;
    at_ = 4;
    for (; at_ < ctx_.argc() && count > 0; --count, ++at_) {
      bool& metric = is_word("CPU") ? options_.by_cpu : options_.by_net;
      if (!is_word("CPU") && !is_word("NET")) continue;
      if (metric)
        return fail(is_word("CPU") ? "ERR METRICS CPU defined more than once!"
                                   : "ERR METRICS NET defined more than once!");
      metric = true;
    }
    if (count != 0) return fail("ERR METRICS count does not match number of metric types provided");
    if (!options_.by_cpu && !options_.by_net)
      return fail("ERR METRICS no valid metrics passed. Supported: CPU|NET");
    return true;
  }

  bool read_option() {
    std::int64_t value = 0;
    if (at_ + 1 == ctx_.argc()) return fail(errors::syntax);
    if (is_word("SLOTS")) return read_slots();
    if (is_word("COUNT")) {
      if (!read_number(at_ + 1, 1, count_max, "ERR COUNT must be between 1 and 64", value))
        return false;
      options_.count = static_cast<std::size_t>(value);
    } else if (is_word("DURATION")) {
      if (!read_number(
              at_ + 1, 1, duration_s_max, "ERR DURATION must be between 1 and 1000000", value))
        return false;
      options_.duration_ms = value * 1000;
    } else if (is_word("SAMPLE")) {
      constexpr std::int64_t ratio_max = std::numeric_limits<std::int32_t>::max();
      if (!read_number(at_ + 1, 1, ratio_max, "ERR SAMPLE ratio must be positive", value))
        return false;
      options_.sample_ratio = static_cast<std::uint32_t>(value);
    } else {
      return fail(errors::syntax);
    }
    at_ += 2;
    return true;
  }

  bool read_slots() {
    constexpr auto slots_max = static_cast<std::int64_t>(store::slot_count);
    if (options_.slots) return fail("ERR SLOTS parameter already specified");
    std::int64_t count = 0;
    if (!read_number(at_ + 1, 1, slots_max, "ERR SLOTS count must be between 1 and 16384", count))
      return false;
    const std::size_t first = at_ + 2;
    if (ctx_.argc() - first < static_cast<std::size_t>(count))
      return fail("ERR not enough slot numbers provided");
    at_ = first + static_cast<std::size_t>(count);
    options_.slots.emplace();
    for (std::size_t i = first; i < at_; ++i) {
      std::int64_t slot = 0;
      if (!read_number(i, 0, slots_max - 1, "ERR Invalid or out of range slot", slot)) return false;
      if (options_.slots->test(static_cast<std::size_t>(slot)))
        return fail("ERR duplicate slot number");
      options_.slots->set(static_cast<std::size_t>(slot));
    }
    return true;
  }

  CommandContext& ctx_;
  HotKeysOptions options_;
  std::size_t at_ = 0;
};

// Stops a profile whose time is over, if no command has done so yet.
void end_in_time(CommandContext& ctx) {
  Services& services = ctx.services();
  if (services.observation.hot_keys().is_over(ctx.now_ms()))
    services.observation.stop_profile(services.keyspace, ctx.now_ms());
}

void hotkeys_start(CommandContext& ctx) {
  constexpr std::string_view in_progress = "ERR hotkey tracking session already in progress";
  Observation& observation = ctx.services().observation;
  end_in_time(ctx);
  if (observation.hot_keys().is_active()) return ctx.error(in_progress);
  StartArguments arguments(ctx);
  if (!arguments.read()) return;
  if (!observation.start_profile(arguments.options(), ctx.services().keyspace, ctx.now_ms()))
    return ctx.error(in_progress);
  ctx.reply().ok();
}

void hotkeys_stop(CommandContext& ctx) {
  end_in_time(ctx);
  if (!ctx.services().observation.stop_profile(ctx.services().keyspace, ctx.now_ms()))
    return ctx.reply().null();
  ctx.reply().ok();
}

void hotkeys_reset(CommandContext& ctx) {
  end_in_time(ctx);
  if (!ctx.services().observation.hot_keys().reset())
    return ctx.error("ERR hotkey tracking session in progress, stop tracking first");
  ctx.reply().ok();
}

// Pairs of a name and a value, counted as they are written.
class Fields {
 public:
  explicit Fields(resp::ReplyWriter& reply) : reply_(reply), place_(reply.begin_deferred()) {}
  void end() { reply_.end_deferred_map(place_, count_); }

  void name(std::string_view text) {
    reply_.bulk(text);
    ++count_;
  }
  void number(std::string_view text, std::uint64_t value) {
    name(text);
    reply_.integer(static_cast<std::int64_t>(value));
  }
  void ranking(std::string_view text, const HotKeysReport::Ranking& ranking) {
    name(text);
    reply_.array(ranking.size() * 2);
    for (const auto& [key, weight] : ranking) {
      reply_.bulk(key);
      reply_.integer(static_cast<std::int64_t>(weight));
    }
  }

 private:
  resp::ReplyWriter& reply_;
  std::size_t place_;
  std::size_t count_ = 0;
};

// Slots as ranges: [first, last], or [only].
void write_slots(resp::ReplyWriter& reply, const HotKeysOptions& options) {
  const auto is_in = [&](std::size_t slot) { return !options.slots || options.slots->test(slot); };
  const std::size_t place = reply.begin_deferred();
  std::size_t ranges = 0;
  for (std::size_t slot = 0; slot < store::slot_count; ++slot) {
    if (!is_in(slot)) continue;
    const std::size_t first = slot;
    while (slot + 1 < store::slot_count && is_in(slot + 1))
      ++slot;
    reply.array(first == slot ? 1 : 2);
    reply.integer(static_cast<std::int64_t>(first));
    if (first != slot) reply.integer(static_cast<std::int64_t>(slot));
    ++ranges;
  }
  reply.end_deferred_array(place, ranges);
}

void write_shards(Fields& fields, resp::ReplyWriter& reply, const HotKeysReport& report) {
  fields.name("busiest-shards");
  reply.array(report.shards.size());
  for (const HotKeysReport::Shard& shard : report.shards) {
    Fields of_shard(reply);
    of_shard.number("shard", shard.number);
    of_shard.number("accesses", shard.accesses);
    of_shard.number("cpu-time-us", shard.us);
    of_shard.number("lock-waits", shard.waits);
    of_shard.end();
  }
}

// Redis 8.6's fields, and behind them what we know besides: accesses, and the shards.
void hotkeys_get(CommandContext& ctx) {
  Observation& observation = ctx.services().observation;
  const auto report = observation.profile(ctx.services().keyspace, ctx.now_ms());
  resp::ReplyWriter& reply = ctx.reply();
  if (!report) return reply.null();
  const HotKeysOptions& options = report->options;
  const bool has_slots = options.slots.has_value();
  const bool is_sampled = options.sample_ratio > 1;
  reply.array(1);
  Fields fields(reply);
  fields.number("tracking-active", report->is_active ? 1 : 0);
  fields.number("sample-ratio", options.sample_ratio);
  fields.name("selected-slots");
  write_slots(reply, options);
  if (has_slots && is_sampled)
    fields.number("sampled-commands-selected-slots-us", report->sampled.us);
  if (has_slots) fields.number("all-commands-selected-slots-us", report->selected.us);
  fields.number("all-commands-all-slots-us", report->all.us);
  if (has_slots && is_sampled)
    fields.number("net-bytes-sampled-commands-selected-slots", report->sampled.bytes);
  if (has_slots) fields.number("net-bytes-all-commands-selected-slots", report->selected.bytes);
  fields.number("net-bytes-all-commands-all-slots", report->all.bytes);
  fields.number("collection-start-time-unix-ms", static_cast<std::uint64_t>(report->started_ms));
  fields.number("collection-duration-ms", static_cast<std::uint64_t>(report->took_ms));
  if (options.by_cpu) {
    fields.number("total-cpu-time-user-ms", static_cast<std::uint64_t>(report->user_cpu_ms));
    fields.number("total-cpu-time-sys-ms", static_cast<std::uint64_t>(report->system_cpu_ms));
  }
  if (options.by_net) fields.number("total-net-bytes", report->sampled.bytes);
  if (options.by_cpu) fields.ranking("by-cpu-time-us", report->by_cpu);
  if (options.by_net) fields.ranking("by-net-bytes", report->by_net);
  fields.ranking("by-accesses", report->by_accesses);
  write_shards(fields, reply, *report);
  fields.end();
}

void hotkeys_help(CommandContext& ctx) {
  ctx.help({
      "START METRICS <count> [CPU] [NET] [COUNT <keys>] [DURATION <seconds>] [SAMPLE <ratio>]",
      "      [SLOTS <count> <slot> ...]",
      "    Begin to note which keys commands use, and how much of these metrics.",
      "STOP",
      "    End that. The profile can still be read.",
      "GET",
      "    Return the profile: the busiest keys and shards.",
      "RESET",
      "    Forget the profile.",
  });
}

constexpr Flag hotkeys_flags = Flag::admin | Flag::noscript;
constexpr Category hotkeys_categories = Category::admin | Category::dangerous | Category::slow;

constexpr CommandSpec hotkeys_subcommands[] = {
    {.name = "GET",
     .arity = 2,
     .flags = hotkeys_flags,
     .categories = hotkeys_categories,
     .handler = hotkeys_get,
     .group = "server",
     .summary = "Tells which keys and shards were used most.",
     .complexity = "O(K) where K is the number of hotkeys returned.",
     .since = "8.6.0"},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = hotkeys_help,
     .group = "server",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "8.6.0"},
    {.name = "RESET",
     .arity = 2,
     .flags = hotkeys_flags,
     .categories = hotkeys_categories,
     .handler = hotkeys_reset,
     .group = "server",
     .summary = "Forgets the profile of the busiest keys.",
     .complexity = "O(1)",
     .since = "8.6.0"},
    {.name = "START",
     .arity = -2,
     .flags = hotkeys_flags,
     .categories = hotkeys_categories,
     .handler = hotkeys_start,
     .group = "server",
     .syntax = "METRICS count [CPU] [NET] [COUNT k] [DURATION seconds] [SAMPLE ratio] "
               "[SLOTS count slot [slot ...]]",
     .summary = "Begins a profile of the busiest keys.",
     .complexity = "O(1)",
     .since = "8.6.0"},
    {.name = "STOP",
     .arity = 2,
     .flags = hotkeys_flags,
     .categories = hotkeys_categories,
     .handler = hotkeys_stop,
     .group = "server",
     .summary = "Ends the profile of the busiest keys.",
     .complexity = "O(1)",
     .since = "8.6.0"},
};

constexpr CommandSpec specs[] = {
    {.name = "HOTKEYS",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "Container of the commands for a profile of the busiest keys.",
     .complexity = "Depends on the subcommand.",
     .since = "8.6.0",
     .subcommands = hotkeys_subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> hotkeys_commands() {
  return specs;
}

}  // namespace duplex::commands
