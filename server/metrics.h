// The numbers of /metrics, for Prometheus, and of the start page.
#pragma once

#include <string>

#include "server/server_info.h"
#include "ws/counters.h"
#include "ws/metrics_source.h"

namespace duplex::server {

// Thread: any.
class Metrics final : public ws::MetricsSource {
 public:
  Metrics(const ServerInfo::Sources& sources, const ws::Counters& web)
      : from_(sources), web_(web) {}

  std::string metrics_text() override;
  std::string stats_json() override;

 private:
  void write_totals(std::string& out) const;
  void write_commands(std::string& out) const;
  void write_keyspace(std::string& out) const;
  void write_loops(std::string& out) const;
  void write_log(std::string& out) const;
  void write_denials(std::string& out) const;
  void write_web(std::string& out) const;

  const ServerInfo::Sources& from_;
  const ws::Counters& web_;
};

}  // namespace duplex::server
