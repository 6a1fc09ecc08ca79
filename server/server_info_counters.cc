// INFO: the sections that sum what the loops have counted.
#include "base/ticks.h"
#include "commands/script_host.h"
#include "server/server_info.h"

#include <fmt/format.h>

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
  line(out, "instantaneous_input_repl_kbps:0.00");
  line(out, "instantaneous_output_repl_kbps:0.00");
  line(out, "rejected_connections:{}", from_.limits.rejected.load(std::memory_order_relaxed));
  line(out, "sync_full:0");
  line(out, "sync_partial_ok:0");
  line(out, "sync_partial_err:0");
  line(out, "expired_keys:{}", sum(&commands::LoopStatistics::expired_keys));
  line(out, "evicted_keys:{}", sum(&commands::LoopStatistics::evicted_keys));
  line(out, "evicted_clients:{}", sum(&commands::LoopStatistics::evicted_clients));
  line(out,
       "evicted_scripts:{}",
       from_.services.scripts == nullptr ? 0 : from_.services.scripts->use().evicted);
  line(out, "keyspace_hits:{}", sum(&commands::LoopStatistics::keyspace_hits));
  line(out, "keyspace_misses:{}", sum(&commands::LoopStatistics::keyspace_misses));
  line(out, "pubsub_channels:{}", hub.channel_count(pubsub::Kind::channel));
  line(out, "pubsub_patterns:{}", hub.pattern_count());
  line(out, "pubsubshard_channels:{}", hub.channel_count(pubsub::Kind::shard));
  line(out, "latest_fork_usec:0");
  line(out, "total_forks:0");
  line(out, "migrate_cached_sockets:0");
  line(out, "slave_expires_tracked_keys:0");
  line(out, "active_defrag_hits:0");
  line(out, "active_defrag_misses:0");
  line(out, "active_defrag_key_hits:0");
  line(out, "active_defrag_key_misses:0");
  line(out, "total_active_defrag_time:0");
  line(out, "current_active_defrag_time:0");
  commands::Tracking& tracking = from_.services.tracking;
  line(out, "tracking_total_keys:{}", tracking.key_count());
  line(out, "tracking_total_items:{}", tracking.item_count());
  line(out, "tracking_total_prefixes:{}", tracking.prefixes().count());
  line(out, "unexpected_error_replies:0");
  line(out, "dump_payload_sanitizations:0");
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
    const commands::CommandTotals totals =
        commands::totals_of(from_.services.statistics, command->index);
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
  const auto config = from_.config.snapshot();
  if (!config->latency_tracking) return;
  for (const auto& command : from_.services.table.all()) {
    const commands::CommandTotals totals =
        commands::totals_of(from_.services.statistics, command->index);
    if (totals.timed == 0) continue;
    std::string percentiles;
    for (const double percent : config->latency_tracking_info_percentiles)
      percentiles += fmt::format(
          "{}p{}={:.3f}", percentiles.empty() ? "" : ",", percent, totals.percentile_us(percent));
    line(out, "latency_percentiles_usec_{}:{}", command->full_name, percentiles);
  }
}

}  // namespace duplex::server
