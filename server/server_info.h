// INFO: what the server tells about itself, section by section, with Redis's field names.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "aof/log.h"
#include "commands/services.h"
#include "net/event_loop_pool.h"
#include "net/session_limits.h"
#include "server/config_store.h"
#include "server/loader.h"
#include "server/log_sink.h"
#include "server/rates.h"
#include "server/reclaimer.h"

namespace duplex::server {

// Thread: any.
class ServerInfo {
 public:
  // Where the values come from; all outlive the ServerInfo.
  struct Sources {
    ConfigStore& config;
    commands::Services& services;
    const LogSink& log_sink;
    const std::atomic<aof::Log*>& log;
    net::EventLoopPool& pool;
    const net::SessionLimits& limits;
    const Reclaimer& reclaimer;
    const LoadProgress& progress;
    const Rates& rates;
    std::string run_id;
    std::int64_t started_ms;
  };

  explicit ServerInfo(Sources sources) : from_(std::move(sources)) {}

  // The named sections in INFO's order; without names, or for "default", the default ones; for
  // "all" and "everything", all.
  std::string text(std::span<const std::string_view> sections) const;

  const Sources& sources() const { return from_; }
  // Commands over all loops.
  std::uint64_t commands_processed() const;

 private:
  void server(std::string& out) const;
  void clients(std::string& out) const;
  void memory(std::string& out) const;
  void persistence(std::string& out) const;
  void stats(std::string& out) const;
  void replication(std::string& out) const;
  void cpu(std::string& out) const;
  void modules(std::string& out) const;
  void command_statistics(std::string& out) const;
  void error_statistics(std::string& out) const;
  void latency_statistics(std::string& out) const;
  void cluster(std::string& out) const;
  void keyspace(std::string& out) const;

  std::uint64_t sum(commands::Counter commands::LoopStatistics::*counter) const;

  Sources from_;
};

}  // namespace duplex::server
