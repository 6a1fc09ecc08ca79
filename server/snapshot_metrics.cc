// What /metrics tells about snapshots and rewrites of the log.
#include "server/snapshot_metrics.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace duplex::server {

void write_snapshot_metrics(std::string& out, const PersistenceStats& stats) {
  const auto metric =
      [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        fmt::format_to(std::back_inserter(out),
                       "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n",
                       name,
                       help,
                       type,
                       value);
      };
  metric(
      "duplex_snapshot_running", "gauge", "1 while a snapshot is taken.", stats.is_saving ? 1 : 0);
  metric("duplex_snapshots_total", "counter", "Snapshots that were completed.", stats.saves);
  metric(
      "duplex_snapshot_failures_total", "counter", "Snapshots that failed.", stats.save_failures);
  metric(
      "duplex_snapshot_ok", "gauge", "0 if the last snapshot failed.", stats.last_save_ok ? 1 : 0);
  metric("duplex_snapshot_last_seconds",
         "gauge",
         "How long the last complete snapshot took.",
         stats.last_save_seconds);
  metric("duplex_snapshot_last_bytes",
         "gauge",
         "Size of the last complete snapshot.",
         stats.last_save_bytes);
  metric("duplex_snapshot_last_time_seconds",
         "gauge",
         "When the last snapshot was complete, since 1970.",
         stats.last_save_s);
  metric("duplex_snapshot_changes", "gauge", "Changes since the last snapshot.", stats.changes);
  metric("duplex_rewrite_running",
         "gauge",
         "1 while the log gets a new base.",
         stats.is_rewriting ? 1 : 0);
  metric("duplex_rewrites_total", "counter", "New bases that were completed.", stats.rewrites);
  metric(
      "duplex_rewrite_failures_total", "counter", "New bases that failed.", stats.rewrite_failures);
  metric("duplex_rewrite_ok",
         "gauge",
         "0 if the last new base failed.",
         stats.last_rewrite_ok ? 1 : 0);
  metric("duplex_rewrite_last_seconds",
         "gauge",
         "How long the last new base took.",
         stats.last_rewrite_seconds);
  metric("duplex_rewrite_last_bytes", "gauge", "Size of the last new base.", stats.last_base_bytes);
  metric("duplex_snapshot_keys_walked",
         "gauge",
         "Keys that the snapshot or base that is being written has.",
         stats.keys_walked);
}

}  // namespace duplex::server
