// LATENCY: what has caused delays, and how long commands take.
#include "base/clock.h"
#include "base/ticks.h"
#include "commands/command_context.h"
#include "commands/families.h"
#include "commands/latency_report.h"
#include "commands/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace duplex::commands {

namespace {

LatencyMonitor& monitor_of(CommandContext& ctx) {
  return ctx.services().observation.latency();
}

std::int64_t now_s() {
  return base::wall_ms() / 1000;
}

void latency_latest(CommandContext& ctx) {
  const auto all = monitor_of(ctx).all();
  resp::ReplyWriter& reply = ctx.reply();
  reply.array(all.size());
  for (const LatencyMonitor::Series& series : all) {
    reply.array(4);
    reply.bulk(latency_event_name(series.event));
    reply.integer(series.samples.back().time_s);
    reply.integer(series.samples.back().ms);
    reply.integer(series.max_ms);
  }
}

void latency_history(CommandContext& ctx) {
  const auto event = latency_event(ctx.arg(2));
  const auto series = event ? monitor_of(ctx).series(*event) : std::nullopt;
  resp::ReplyWriter& reply = ctx.reply();
  reply.array(series ? series->samples.size() : 0);
  if (!series) return;
  for (const LatencySample& sample : series->samples) {
    reply.array(2);
    reply.integer(sample.time_s);
    reply.integer(sample.ms);
  }
}

void latency_graph(CommandContext& ctx) {
  const auto event = latency_event(ctx.arg(2));
  const auto series = event ? monitor_of(ctx).series(*event) : std::nullopt;
  if (!series)
    return ctx.error(
        fmt::format("ERR No samples available for event '{}'", errors::shown(ctx.arg(2))));
  ctx.reply().verbatim("txt", commands::latency_graph(*series, now_s()));
}

void latency_reset(CommandContext& ctx) {
  LatencyMonitor& monitor = monitor_of(ctx);
  std::int64_t count = 0;
  if (ctx.argc() == 2)
    for (std::size_t i = 0; i < latency_events; ++i)
      count += monitor.reset(static_cast<LatencyEvent>(i)) ? 1 : 0;
  for (const std::string_view name : ctx.args().subspan(2))
    if (const auto event = latency_event(name)) count += monitor.reset(*event) ? 1 : 0;
  ctx.reply().integer(count);
}

void latency_doctor(CommandContext& ctx) {
  const LatencyMonitor& monitor = monitor_of(ctx);
  ctx.reply().verbatim("txt", latency_advice(monitor.all(), monitor.is_on(), now_s()));
}

// The histogram of one command as Redis shows it: buckets that double, each with the number of
// calls up to its end; only those that add something.
void write_histogram(CommandContext& ctx, const Command& command, const CommandTotals& totals) {
  resp::ReplyWriter& reply = ctx.reply();
  reply.bulk(command.full_name);
  reply.map(2);
  reply.bulk("calls");
  reply.integer(static_cast<std::int64_t>(totals.timed));
  reply.bulk("histogram_usec");
  std::vector<std::pair<std::int64_t, std::uint64_t>> buckets;
  const double ticks_per_ns = base::ticks_per_us() / 1000;
  std::uint64_t below = 0;
  std::size_t next = 0;
  // 1024 ns are the first border. A border is named by the last nanosecond that Redis's histogram
  // cannot tell from it: it keeps seven bits of each value.
  for (std::uint64_t border = 1024; below < totals.timed; border *= 2) {
    const std::uint64_t last_ns = border + border / 128 - 1;
    const double end_ticks = static_cast<double>(last_ns) * ticks_per_ns;
    const std::uint64_t before = below;
    for (; next < LatencyHistogram::bucket_count; ++next) {
      const std::uint64_t first = next == 0 ? 0 : LatencyHistogram::end_of(next - 1);
      const std::uint64_t end = LatencyHistogram::end_of(next);
      const bool is_last = next + 1 == LatencyHistogram::bucket_count;
      // A bucket on the border belongs where its middle is.
      if (!is_last && static_cast<double>(first + end) / 2 > end_ticks) break;
      below += totals.histogram[next];
    }
    if (below != before) buckets.emplace_back(static_cast<std::int64_t>(last_ns / 1000), below);
  }
  reply.map(buckets.size());
  for (const auto& [us, count] : buckets) {
    reply.integer(us);
    reply.integer(static_cast<std::int64_t>(count));
  }
}

// Without names, every command; a container stands for its subcommands.
void latency_histogram(CommandContext& ctx) {
  const CommandTable& table = ctx.services().table;
  std::vector<const Command*> wanted;
  const auto want = [&](const Command& command) {
    wanted.push_back(&command);
    wanted.insert(wanted.end(), command.subcommands.begin(), command.subcommands.end());
  };
  if (ctx.argc() == 2)
    for (const Command* command : table.commands())
      want(*command);
  for (const std::string_view name : ctx.args().subspan(2))
    if (const Command* command = table.find_full(name)) want(*command);
  const std::size_t place = ctx.reply().begin_deferred();
  std::size_t count = 0;
  for (const Command* command : wanted) {
    const CommandTotals totals = totals_of(ctx.services().statistics, command->index);
    if (totals.timed == 0) continue;
    write_histogram(ctx, *command, totals);
    ++count;
  }
  ctx.reply().end_deferred_map(place, count);
}

void latency_help(CommandContext& ctx) {
  ctx.help({
      "DOCTOR",
      "    Return a human readable latency analysis report.",
      "GRAPH <event>",
      "    Return an ASCII latency graph for the <event> class.",
      "HISTORY <event>",
      "    Return time-latency samples for the <event> class.",
      "LATEST",
      "    Return the latest latency samples for all events.",
      "RESET [<event> ...]",
      "    Reset latency data of one or more <event> classes.",
      "    (default: reset all data for all event classes)",
      "HISTOGRAM [COMMAND ...]",
      "    Return a cumulative distribution of latencies in the format of a histogram for the "
      "specified command names.",
      "    If no commands are specified then all histograms are replied.",
  });
}

constexpr Flag latency_flags = Flag::admin | Flag::noscript | Flag::loading | Flag::stale;
constexpr Category latency_categories = Category::admin | Category::dangerous | Category::slow;
constexpr std::string_view special_tips =
    "nondeterministic_output,request_policy:all_nodes,response_policy:special";

constexpr CommandSpec latency_subcommands[] = {
    {.name = "DOCTOR",
     .arity = 2,
     .flags = latency_flags,
     .categories = latency_categories,
     .handler = latency_doctor,
     .group = "server",
     .summary = "Tells what has caused delays and what may help.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .tips = special_tips},
    {.name = "GRAPH",
     .arity = 3,
     .flags = latency_flags,
     .categories = latency_categories,
     .handler = latency_graph,
     .group = "server",
     .syntax = "event",
     .summary = "Draws the delays of an event.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .tips = special_tips},
    {.name = "HELP",
     .arity = 2,
     .flags = Flag::loading | Flag::stale,
     .categories = Category::slow,
     .handler = latency_help,
     .group = "server",
     .summary = "Describes the subcommands.",
     .complexity = "O(1)",
     .since = "2.8.13"},
    {.name = "HISTOGRAM",
     .arity = -2,
     .flags = latency_flags,
     .categories = latency_categories,
     .handler = latency_histogram,
     .group = "server",
     .syntax = "[command [command ...]]",
     .summary = "Tells how many calls of commands took how long.",
     .complexity = "O(N) where N is the number of commands with latency information being "
                   "retrieved.",
     .since = "7.0.0",
     .tips = special_tips},
    {.name = "HISTORY",
     .arity = 3,
     .flags = latency_flags,
     .categories = latency_categories,
     .handler = latency_history,
     .group = "server",
     .syntax = "event",
     .summary = "Tells the delays of an event with their times.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .tips = special_tips},
    {.name = "LATEST",
     .arity = 2,
     .flags = latency_flags,
     .categories = latency_categories,
     .handler = latency_latest,
     .group = "server",
     .summary = "Tells the last delay of each event.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .tips = special_tips},
    {.name = "RESET",
     .arity = -2,
     .flags = latency_flags,
     .categories = latency_categories,
     .handler = latency_reset,
     .group = "server",
     .syntax = "[event [event ...]]",
     .summary = "Forgets the delays of events.",
     .complexity = "O(1)",
     .since = "2.8.13",
     .tips = "request_policy:all_nodes,response_policy:agg_sum"},
};

constexpr CommandSpec specs[] = {
    {.name = "LATENCY",
     .arity = -2,
     .categories = Category::slow,
     .group = "server",
     .summary = "Container of the commands about delays.",
     .complexity = "Depends on the subcommand.",
     .since = "2.8.13",
     .subcommands = latency_subcommands},
};
static_assert(well_formed(specs));

}  // namespace

std::span<const CommandSpec> latency_commands() {
  return specs;
}

}  // namespace duplex::commands
