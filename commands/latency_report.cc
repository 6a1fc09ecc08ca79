// LATENCY GRAPH and LATENCY DOCTOR: samples as texts for people.
#include "commands/latency_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace duplex::commands {

namespace {

constexpr std::size_t columns_max = 80;
constexpr int graph_rows = 4;
// A row of a column is empty, has one of these heights, or has more of the column above it.
constexpr std::string_view heights = "_o#";
constexpr char full = '|';

// "5s", "3m", "12h" or "2d".
std::string age(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

struct Column {
  int height = 0;  // from 0 on, in units of which a row has as many as there are heights
  std::string label;
};

// From the top row to the bottom, then the labels from their first letters on.
void draw(std::string& out, std::span<const Column> columns) {
  constexpr auto units = static_cast<int>(heights.size());
  for (int row = graph_rows - 1; row >= 0; --row) {
    for (const Column& column : columns) {
      const int height = column.height - row * units;
      out += height < 0 ? ' ' : height < units ? heights[static_cast<std::size_t>(height)] : full;
    }
    out += '\n';
  }
  out.append(columns.size(), ' ');
  out += '\n';
  std::size_t longest = 0;
  for (const Column& column : columns)
    longest = std::max(longest, column.label.size());
  for (std::size_t letter = 0; letter < longest; ++letter) {
    for (const Column& column : columns)
      out += letter < column.label.size() ? column.label[letter] : ' ';
    out += '\n';
  }
}

struct Summary {
  std::int64_t mean_ms = 0;
  std::int64_t deviation_ms = 0;  // mean distance from the mean
  double period_s = 0;            // mean time between samples, up to now
};

Summary summary_of(const LatencyMonitor::Series& series, std::int64_t now_s) {
  const auto count = static_cast<std::int64_t>(series.samples.size());
  Summary summary;
  std::int64_t sum = 0;
  for (const LatencySample& sample : series.samples)
    sum += sample.ms;
  summary.mean_ms = sum / count;
  std::int64_t distance = 0;
  for (const LatencySample& sample : series.samples)
    distance += std::abs(sample.ms - summary.mean_ms);
  summary.deviation_ms = distance / count;
  summary.period_s =
      static_cast<double>(now_s - series.samples.front().time_s) / static_cast<double>(count);
  return summary;
}

std::string_view advice_for(LatencyEvent event) {
  switch (event) {
    case LatencyEvent::command:
      return "Commands take long: SLOWLOG GET shows which, and LATENCY HISTOGRAM how often. Large "
             "collections are better read in parts (SCAN, HSCAN, ZRANGE with LIMIT).";
    case LatencyEvent::fast_command:
      return "Commands that are fast by nature took long: the machine may be short of processor "
             "time or of memory. Compare with `redis-cli --intrinsic-latency 30` on this machine.";
    case LatencyEvent::expire_cycle:
      return "Many keys end at the same time: spread their expiry, for example by a random part.";
    case LatencyEvent::eviction_cycle:
    case LatencyEvent::eviction_del:
      return "Memory is at its limit and keys have to go while commands wait: raise maxmemory, "
             "lower maxmemory-samples, or keep less.";
    case LatencyEvent::aof_write:
      return "Writing the log takes long: the disk is busy. `appendfsync everysec` and a disk that "
             "nobody else writes to help.";
    case LatencyEvent::aof_fsync_always:
      break;
  }
  return "Each write waits for the disk: a faster disk helps, or `appendfsync everysec` if the "
         "last "
         "second may be lost in a power cut.";
}

}  // namespace

std::string latency_graph(const LatencyMonitor::Series& series, std::int64_t now_s) {
  const auto [low, high] = std::ranges::minmax(series.samples, {}, &LatencySample::ms);
  std::string out = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n",
                                latency_event_name(series.event),
                                high.ms,
                                low.ms,
                                series.max_ms);
  out.append(columns_max, '-');
  out += '\n';
  constexpr int top = graph_rows * static_cast<int>(heights.size());
  const std::int64_t range = std::max<std::int64_t>(high.ms - low.ms, 1);
  std::vector<Column> columns;
  for (const LatencySample& sample : series.samples)
    columns.push_back({std::min(static_cast<int>((sample.ms - low.ms) * top / range), top - 1),
                       age(now_s - sample.time_s)});
  const std::span<const Column> all(columns);
  for (std::size_t first = 0; first < all.size(); first += columns_max) {
    if (first != 0) out += '\n';
    draw(out, all.subspan(first, std::min(columns_max, all.size() - first)));
  }
  return out;
}

std::string latency_advice(std::span<const LatencyMonitor::Series> events,
                           bool is_on,
                           std::int64_t now_s) {
  if (events.empty() && !is_on)
    return "Nothing is watched: latency-monitor-threshold is 0. Set it to the milliseconds from "
           "which a delay is worth a note, for example CONFIG SET latency-monitor-threshold 100, "
           "and ask again later.\n";
  if (events.empty())
    return "No delay has reached latency-monitor-threshold since the samples were last reset.\n";
  std::string out = "Delays that reached latency-monitor-threshold:\n\n";
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Summary summary = summary_of(events[i], now_s);
    out += fmt::format(
        "{}. {}: {} samples (average {} ms, mean deviation {} ms, one in {:.2f} s). Worst {} ms.\n",
        i + 1,
        latency_event_name(events[i].event),
        events[i].samples.size(),
        summary.mean_ms,
        summary.deviation_ms,
        summary.period_s,
        events[i].max_ms);
  }
  out += "\nWhat may help:\n\n";
  std::string_view last;
  for (const LatencyMonitor::Series& series : events) {
    const std::string_view advice = advice_for(series.event);
    if (advice != last) out += fmt::format("- {}\n", advice);
    last = advice;
  }
  return out;
}

}  // namespace duplex::commands
