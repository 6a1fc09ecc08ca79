// INFO: the sections that sum what the loops have counted.
#include "base/ticks.h"
#include "server/server_info.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>

namespace duplex::server {

namespace {

template <typename... Args>
void line(ServerInfo::Report& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out.text), format, std::forward<Args>(args)...);
  out.text += "\r\n";
}

// One command over all loops.
struct CommandTotals {
  std::uint64_t calls = 0;
  std::uint64_t ticks = 0;
  std::uint64_t rejected = 0;
  std::uint64_t failed = 0;
  std::array<std::uint64_t, commands::CommandStatistics::buckets> histogram{};
};

CommandTotals totals_of(const commands::Services& services, std::size_t index) {
  CommandTotals totals;
  for (const auto& loop : services.statistics) {
    const commands::CommandStatistics& statistics = loop->command(index);
    totals.calls += statistics.calls.value();
    totals.ticks += statistics.ticks.value();
    totals.rejected += statistics.rejected.value();
    totals.failed += statistics.failed.value();
    for (std::size_t i = 0; i < totals.histogram.size(); ++i)
      totals.histogram[i] += statistics.histogram[i].value();
  }
  return totals;
}

// The time below which this share of the calls stayed, as the upper border of its bucket.
double percentile_us(const CommandTotals& totals, double share) {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(static_cast<double>(totals.calls) * share));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < totals.histogram.size(); ++i) {
    seen += totals.histogram[i];
    if (seen >= wanted) return std::exp2(static_cast<double>(i)) / base::ticks_per_us();
  }
  return 0;
}

}  // namespace

void ServerInfo::stats(Report& out) const {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < from_.pool.size(); ++i) {
    const net::LoopStatistics loop = from_.pool.loop(i).statistics();
    received += loop.bytes_received;
    sent += loop.bytes_sent;
  }
  const pubsub::Hub& hub = from_.services.hub;
  line(out, "# Stats");
  line(out, "total_connections_received:{}", sum(&commands::LoopStatistics::connections_received));
  line(out, "total_commands_processed:{}", commands_processed());
  line(out, "instantaneous_ops_per_sec:{}", from_.rates.commands_per_second());
  line(out, "total_net_input_bytes:{}", received);
  line(out, "total_net_output_bytes:{}", sent);
  line(out, "total_net_repl_input_bytes:0");
  line(out, "total_net_repl_output_bytes:0");
  line(out, "instantaneous_input_kbps:{:.2f}", from_.rates.input_kilobytes_per_second());
  line(out, "instantaneous_output_kbps:{:.2f}", from_.rates.output_kilobytes_per_second());
  line(out, "rejected_connections:{}", from_.limits.rejected.load(std::memory_order_relaxed));
  line(out, "sync_full:0");
  line(out, "sync_partial_ok:0");
  line(out, "sync_partial_err:0");
  line(out, "expired_keys:{}", sum(&commands::LoopStatistics::expired_keys));
  line(out, "evicted_keys:{}", sum(&commands::LoopStatistics::evicted_keys));
  line(out, "evicted_clients:{}", from_.limits.evicted.load(std::memory_order_relaxed));
  line(out, "keyspace_hits:{}", sum(&commands::LoopStatistics::keyspace_hits));
  line(out, "keyspace_misses:{}", sum(&commands::LoopStatistics::keyspace_misses));
  line(out, "pubsub_channels:{}", hub.channel_count(pubsub::Kind::channel));
  line(out, "pubsub_patterns:{}", hub.pattern_count());
  line(out, "pubsubshard_channels:{}", hub.channel_count(pubsub::Kind::shard));
  line(out, "latest_fork_usec:0");
  line(out, "total_forks:0");
  commands::Tracking& tracking = from_.services.tracking;
  line(out, "tracking_total_keys:{}", tracking.key_count());
  line(out, "tracking_total_items:{}", tracking.item_count());
  line(out, "tracking_total_prefixes:{}", tracking.prefixes().count());
  line(out, "unexpected_error_replies:0");
  line(out, "total_error_replies:{}", sum(&commands::LoopStatistics::error_replies));
  using Reason = commands::acl::Denial::Reason;
  const commands::acl::Log& denials = from_.services.users.log();
  line(out, "acl_access_denied_auth:{}", denials.denied(Reason::auth));
  line(out, "acl_access_denied_cmd:{}", denials.denied(Reason::command));
  line(out, "acl_access_denied_key:{}", denials.denied(Reason::key));
  line(out, "acl_access_denied_channel:{}", denials.denied(Reason::channel));
}

void ServerInfo::command_statistics(Report& out) const {
  line(out, "# Commandstats");
  for (const auto& command : from_.services.table.all()) {
    const CommandTotals totals = totals_of(from_.services, command->index);
    if (totals.calls + totals.rejected + totals.failed == 0) continue;
    const double us = static_cast<double>(totals.ticks) / base::ticks_per_us();
    line(out,
         "cmdstat_{}:calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}",
         command->full_name,
         totals.calls,
         static_cast<std::uint64_t>(us),
         totals.calls == 0 ? 0 : us / static_cast<double>(totals.calls),
         totals.rejected,
         totals.failed);
  }
}

void ServerInfo::error_statistics(Report& out) const {
  std::map<std::string, std::uint64_t, std::less<>> errors;
  for (const auto& loop : from_.services.statistics)
    for (const auto& [code, count] : loop->errors())
      errors[code] += count;
  line(out, "# Errorstats");
  for (const auto& [code, count] : errors)
    line(out, "errorstat_{}:count={}", code, count);
}

void ServerInfo::latency_statistics(Report& out) const {
  line(out, "# Latencystats");
  for (const auto& command : from_.services.table.all()) {
    const CommandTotals totals = totals_of(from_.services, command->index);
    if (totals.calls == 0) continue;
    line(out,
         "latency_percentiles_usec_{}:p50={:.3f},p99={:.3f},p99.9={:.3f}",
         command->full_name,
         percentile_us(totals, 0.5),
         percentile_us(totals, 0.99),
         percentile_us(totals, 0.999));
  }
}

}  // namespace duplex::server
