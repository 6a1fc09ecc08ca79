// The numbers of /metrics, for Prometheus, and of the start page.
#include "server/metrics.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/ticks.h"
#include "server/snapshot_metrics.h"
#include "server/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace duplex::server {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

void head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

template <typename Value>
void metric(std::string& out,
            std::string_view name,
            std::string_view type,
            std::string_view help,
            Value value) {
  head(out, name, type, help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

std::uint64_t sum(const commands::Services& services,
                  commands::Counter commands::LoopStatistics::* counter) {
  std::uint64_t total = 0;
  for (const auto& loop : services.statistics)
    total += ((*loop).*counter).value();
  return total;
}

}  // namespace

std::string Metrics::metrics_text() {
  std::string out;
  write_totals(out);
  write_commands(out);
  write_keyspace(out);
  write_loops(out);
  write_log(out);
  write_snapshot_metrics(out, from_.persistence.stats());
  write_web(out);
  return out;
}

void Metrics::write_totals(std::string& out) const {
  const commands::Services& services = from_.services;
  using Statistics = commands::LoopStatistics;
  metric(out,
         "duplex_uptime_seconds",
         "gauge",
         "Seconds since the start.",
         (base::wall_ms() - from_.started_ms) / 1000);
  metric(out,
         "duplex_clients",
         "gauge",
         "Connected clients, WebSockets included.",
         services.clients.size());
  metric(out,
         "duplex_connections_total",
         "counter",
         "RESP connections accepted.",
         sum(services, &Statistics::connections_received));
  metric(out,
         "duplex_connections_rejected_total",
         "counter",
         "RESP connections turned away.",
         from_.limits.rejected.load(relaxed));
  std::uint64_t handshakes = 0;
  std::uint64_t handshakes_failed = 0;
  for (std::size_t i = 0; i < from_.pool.size(); ++i) {
    const net::LoopStatistics loop = from_.pool.loop(i).statistics();
    handshakes += loop.tls_handshakes;
    handshakes_failed += loop.tls_handshakes_failed;
  }
  metric(out, "duplex_tls_handshakes_total", "counter", "TLS connections begun.", handshakes);
  metric(out,
         "duplex_tls_handshakes_failed_total",
         "counter",
         "TLS connections that ended before their handshake did.",
         handshakes_failed);
  metric(out,
         "duplex_memory_used_bytes",
         "gauge",
         "Bytes handed out by the allocator.",
         base::allocated_bytes());
  metric(out,
         "duplex_keyspace_hits_total",
         "counter",
         "Reads that found their key.",
         sum(services, &Statistics::keyspace_hits));
  metric(out,
         "duplex_keyspace_misses_total",
         "counter",
         "Reads that found no key.",
         sum(services, &Statistics::keyspace_misses));
  metric(out,
         "duplex_expired_keys_total",
         "counter",
         "Keys that have ended.",
         sum(services, &Statistics::expired_keys));
  metric(out,
         "duplex_error_replies_total",
         "counter",
         "Error replies.",
         sum(services, &Statistics::error_replies));
  metric(out,
         "duplex_messages_published_total",
         "counter",
         "PUBLISH and SPUBLISH commands.",
         sum(services, &Statistics::messages_published));
  metric(out,
         "duplex_pubsub_channels",
         "gauge",
         "Channels with subscribers.",
         services.hub.channel_count(pubsub::Kind::channel));
  metric(out,
         "duplex_pubsub_patterns",
         "gauge",
         "Patterns with subscribers.",
         services.hub.pattern_count());
}

void Metrics::write_commands(std::string& out) const {
  const commands::Services& services = from_.services;
  const double ticks_per_second = base::ticks_per_us() * 1e6;
  std::string calls;
  std::string durations;
  commands::CommandTotals all;
  double seconds_total = 0;
  for (const auto& command : services.table.all()) {
    const commands::CommandTotals totals = commands::totals_of(services.statistics, command->index);
    const std::uint64_t count = totals.calls;
    all.timed += totals.timed;
    for (std::size_t i = 0; i < all.histogram.size(); ++i)
      all.histogram[i] += totals.histogram[i];
    if (count == 0) continue;
    const double seconds = static_cast<double>(totals.ticks) / ticks_per_second;
    seconds_total += seconds;
    fmt::format_to(std::back_inserter(calls),
                   "duplex_commands_total{{cmd=\"{}\"}} {}\n",
                   command->full_name,
                   count);
    fmt::format_to(std::back_inserter(durations),
                   "duplex_commands_seconds_total{{cmd=\"{}\"}} {:.6f}\n",
                   command->full_name,
                   seconds);
  }
  head(out, "duplex_commands_total", "counter", "Commands executed, by name.");
  out += calls;
  head(out, "duplex_commands_seconds_total", "counter", "Time spent in commands, by name.");
  out += durations;
  head(out, "duplex_command_duration_seconds", "histogram", "How long commands take.");
  // One line for each power of two: the eighths between them would only make the page long.
  constexpr std::size_t steps = commands::LatencyHistogram::steps;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < all.histogram.size(); i += steps) {
    const std::uint64_t before = below;
    for (std::size_t step = i; step < i + steps; ++step)
      below += all.histogram[step];
    if (below == before) continue;
    const auto end = static_cast<double>(commands::LatencyHistogram::end_of(i + steps - 1));
    fmt::format_to(std::back_inserter(out),
                   "duplex_command_duration_seconds_bucket{{le=\"{:.9f}\"}} {}\n",
                   end / ticks_per_second,
                   below);
  }
  fmt::format_to(std::back_inserter(out),
                 "duplex_command_duration_seconds_bucket{{le=\"+Inf\"}} {0}\n"
                 "duplex_command_duration_seconds_sum {1:.6f}\n"
                 "duplex_command_duration_seconds_count {0}\n",
                 all.timed,
                 seconds_total);
}

void Metrics::write_keyspace(std::string& out) const {
  head(out, "duplex_keys", "gauge", "Keys by database.");
  std::string expiring;
  store::ShardLock lock(from_.services.keyspace);
  for (int database = 0; database < from_.services.keyspace.databases(); ++database) {
    const store::DatabaseSize size = lock.size(database);
    if (size.keys == 0) continue;
    fmt::format_to(std::back_inserter(out), "duplex_keys{{db=\"{}\"}} {}\n", database, size.keys);
    fmt::format_to(std::back_inserter(expiring),
                   "duplex_expiring_keys{{db=\"{}\"}} {}\n",
                   database,
                   size.expiring);
  }
  head(out, "duplex_expiring_keys", "gauge", "Keys with a time to live, by database.");
  out += expiring;
}

void Metrics::write_loops(std::string& out) const {
  struct Column {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    double (*value)(const net::LoopStatistics&);
  };
  static constexpr Column columns[] = {
      {"duplex_loop_busy_seconds_total",
       "counter",
       "Time a loop spent working.",
       [](const net::LoopStatistics& loop) { return static_cast<double>(loop.busy_us) / 1e6; }},
      {"duplex_loop_longest_pass_seconds",
       "gauge",
       "The longest pass of a loop: how late an event was served at worst.",
       [](const net::LoopStatistics& loop) {
         return static_cast<double>(loop.longest_pass_us) / 1e6;
       }},
      {"duplex_loop_received_bytes_total",
       "counter",
       "Bytes received.",
       [](const net::LoopStatistics& loop) { return static_cast<double>(loop.bytes_received); }},
      {"duplex_loop_sent_bytes_total",
       "counter",
       "Bytes sent.",
       [](const net::LoopStatistics& loop) { return static_cast<double>(loop.bytes_sent); }},
      {"duplex_loop_sockets",
       "gauge",
       "Sockets of a loop.",
       [](const net::LoopStatistics& loop) { return static_cast<double>(loop.sockets); }},
  };
  for (const Column& column : columns) {
    head(out, column.name, column.type, column.help);
    for (std::size_t i = 0; i < from_.pool.size(); ++i)
      fmt::format_to(std::back_inserter(out),
                     "{}{{loop=\"{}\"}} {}\n",
                     column.name,
                     i,
                     column.value(from_.pool.loop(i).statistics()));
  }
}

void Metrics::write_log(std::string& out) const {
  const aof::Log* log = from_.log.load(std::memory_order_acquire);
  metric(out, "duplex_log_enabled", "gauge", "1 with appendonly.", log != nullptr ? 1 : 0);
  if (log == nullptr) return;
  const aof::LogStats stats = log->stats();
  metric(out,
         "duplex_log_failed",
         "gauge",
         "1 while the log cannot be written: writes are refused.",
         log->failed() ? 1 : 0);
  head(out, "duplex_log_trouble", "gauge", "1 for what is wrong with the log's disk just now.");
  for (const std::string_view name : aof::log_troubles)
    fmt::format_to(std::back_inserter(out),
                   "duplex_log_trouble{{kind=\"{}\"}} {}\n",
                   name,
                   aof::trouble_of(stats) == name ? 1 : 0);
  metric(out,
         "duplex_log_write_failures_total",
         "counter",
         "How often writing the log began to fail.",
         stats.write_failures);
  metric(out,
         "duplex_log_sync_failures_total",
         "counter",
         "How often syncing the log began to fail.",
         stats.sync_failures);
  metric(out,
         "duplex_log_delayed_syncs_total",
         "counter",
         "Syncs that took longer than two seconds.",
         stats.delayed_syncs);
  metric(out,
         "duplex_log_running_sync_seconds",
         "gauge",
         "How long the sync that is running has taken.",
         static_cast<double>(stats.sync_running_us) / 1e6);
  metric(out, "duplex_log_bytes", "gauge", "Size of the log's files.", stats.current_bytes);
  metric(out,
         "duplex_log_unsynced_bytes",
         "gauge",
         "Written to the log and not known to be on the disk.",
         log->appended() - log->durable());
  metric(out, "duplex_log_syncs_total", "counter", "Syncs of the log.", stats.syncs);
  metric(out,
         "duplex_log_last_sync_seconds",
         "gauge",
         "How long the last sync took.",
         static_cast<double>(std::max<std::int64_t>(stats.last_sync_us, 0)) / 1e6);
}

void Metrics::write_denials(std::string& out) const {
  out +=
      "# HELP duplex_realtime_denials_total What was refused to browsers.\n"
      "# TYPE duplex_realtime_denials_total counter\n";
  for (std::size_t i = 0; i < realtime::denial_reasons.size(); ++i)
    fmt::format_to(std::back_inserter(out),
                   "duplex_realtime_denials_total{{reason=\"{}\"}} {}\n",
                   realtime::denial_reasons[i],
                   web_.denials.get(i));
}

void Metrics::write_web(std::string& out) const {
  metric(out,
         "duplex_http_connections",
         "gauge",
         "Connections of the HTTP port, WebSockets included.",
         web_.connections.load(relaxed));
  metric(
      out, "duplex_http_requests_total", "counter", "HTTP requests.", web_.requests.load(relaxed));
  write_denials(out);
  metric(out, "duplex_websockets", "gauge", "Open WebSockets.", web_.websockets.load(relaxed));
  metric(out,
         "duplex_websocket_messages_received_total",
         "counter",
         "Messages from browsers.",
         web_.messages_received.load(relaxed));
  metric(out,
         "duplex_websocket_publishes_total",
         "counter",
         "Publishes by browsers.",
         web_.publishes.load(relaxed));
  metric(out,
         "duplex_websocket_pushes_total",
         "counter",
         "Messages pushed to browsers.",
         web_.pushes.load(relaxed));
  metric(out,
         "duplex_websocket_subscriptions",
         "gauge",
         "Subscriptions of browsers.",
         web_.subscriptions.load(relaxed));
  metric(out,
         "duplex_websocket_slow_disconnects_total",
         "counter",
         "Browsers disconnected because they read too slowly.",
         web_.slow_disconnects.load(relaxed));
}

std::string Metrics::stats_json() {
  const commands::Services& services = from_.services;
  store::ShardLock lock(services.keyspace);
  std::uint64_t keys = 0;
  for (int database = 0; database < services.keyspace.databases(); ++database)
    keys += lock.size(database).keys;
  const aof::Log* log = from_.log.load(std::memory_order_acquire);
  const auto config = from_.config.snapshot();
  return fmt::format(
      "{{\"version\":\"{}\",\"uptime_s\":{},\"clients\":{},\"websockets\":{},"
      "\"commands_total\":{},\"keys\":{},\"memory_bytes\":{},\"channels\":{},\"pushes\":{},"
      "\"resp_port\":{},\"io_backend\":\"{}\",\"loops\":{},\"demo\":{},\"log_enabled\":{},"
      "\"log_ok\":{}}}",
      duplex_version,
      (base::wall_ms() - from_.started_ms) / 1000,
      services.clients.size(),
      web_.websockets.load(relaxed),
      sum(services, &commands::LoopStatistics::commands_processed),
      keys,
      base::allocated_bytes(),
      services.hub.channel_count(pubsub::Kind::channel),
      web_.pushes.load(relaxed),
      config->port,
      from_.pool.loop(0).backend_name(),
      from_.pool.size(),
      config->demo,
      log != nullptr,
      log == nullptr || !log->failed());
}

}  // namespace duplex::server
